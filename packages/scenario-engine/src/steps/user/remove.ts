import { removeUser } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { userWord } from '../operation/word.js';

/** `user.remove`: removes a user, and its permissions (DeleteLocalPrincipal). */
export const userRemove = operationStep(removeUser, {
  example: 'user.remove: alice',
  words: { name: userWord },
  drops: ({ user }) => [{ kind: 'users', name: String(user) }],
});
