import { removeEntityPermission } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { objectWord, userWord } from '../operation/word.js';

/** `permission.remove`: takes away what a user has on an object (RemoveEntityPermission). */
export const permissionRemove = operationStep(removeEntityPermission, {
  example: 'permission.remove: { user: alice, on: / }',
  main: 'user',
  words: { user: userWord, entity: objectWord('on') },
});
