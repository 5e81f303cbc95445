import { addRole } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { newNameWord, privilegesWord } from '../operation/word.js';

/** `role.add`: makes a role of privileges, or of those of another role with some more and fewer (AddAuthorizationRole). */
export const roleAdd = operationStep(addRole, {
  example: 'role.add: { role: Operator, privileges: { like: Read-only, plus: [VirtualMachine.Interact.PowerOn] } }',
  main: 'role',
  words: { name: newNameWord('role'), privileges: privilegesWord },
  makes: ({ role }) => [{ kind: 'roles', name: String(role) }],
});
