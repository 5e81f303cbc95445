import { createUser } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { newUserWord } from '../operation/word.js';

/** `user.add`: makes a user, who may do nothing yet (CreateLocalPersonUser). */
export const userAdd = operationStep(createUser, {
  example: 'user.add: alice',
  words: { name: newUserWord },
  makes: ({ user }) => [{ kind: 'users', name: String(user) }],
});
