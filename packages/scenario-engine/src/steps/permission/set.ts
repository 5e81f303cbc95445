import { setEntityPermission } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { objectWord, roleWord, userWord } from '../operation/word.js';

/** `permission.set`: gives a user a role on an object and, if it propagates, below it (SetEntityPermissions). */
export const permissionSet = operationStep(setEntityPermission, {
  example: 'permission.set: { user: alice, role: Read-only, on: / }',
  main: 'user',
  words: { user: userWord, entity: objectWord('on'), roleId: roleWord },
  defaults: { propagate: true },
});
