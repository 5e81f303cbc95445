import { removeRole } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { roleWord } from '../operation/word.js';

/** `role.remove`: removes a role, and the permissions that name it (RemoveAuthorizationRole). */
export const roleRemove = operationStep(removeRole, {
  example: 'role.remove: Operator',
  main: 'role',
  words: { roleId: roleWord },
  defaults: { failIfUsed: false },
  drops: ({ role }) => [{ kind: 'roles', name: String(role) }],
});
