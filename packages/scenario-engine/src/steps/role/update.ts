import { type Privilege, updateRole } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { newNameWord, privilegesWord, roleWord } from '../operation/word.js';

/** `role.update`: changes the privileges or the name of a role (UpdateAuthorizationRole). */
export const roleUpdate = operationStep(updateRole, {
  example: 'role.update: { role: Operator, privileges: { like: Operator, minus: [VirtualMachine.Interact.PowerOff] } }',
  main: 'role',
  words: {
    roleId: roleWord,
    name: { ...newNameWord('name'), isOptional: true },
    privileges: { ...privilegesWord, isOptional: true },
  },
  known: ({ roleId }, names) => {
    const { name, privileges } = names.role(String(roleId));
    return { name, privileges: privileges as readonly Privilege[] };
  },
  makes: ({ name }) => (name === undefined ? [] : [{ kind: 'roles', name: String(name) }]),
});
