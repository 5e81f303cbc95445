import { z } from 'zod';
import type { Privilege } from '../../access/privileges.js';
import type { RoleId } from '../../database/schema.js';
import { ROOT_FOLDER } from '../../inventory/root-folder.js';
import { nameArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { refuseTakenRoleName } from './own-role.js';
import { privilegesArgument, withSystemPrivileges } from './role-arguments.js';

/** A role to make. */
export interface AddRoleArguments {
  readonly name: string;
  readonly privileges: readonly Privilege[];
}

/** AddAuthorizationRole: answers the ID of the role. @throws VCenterError ALREADY_EXISTS; FileError */
export const addRole = plainOperation<'AuthorizationManager', AddRoleArguments, RoleId>({
  name: 'AddAuthorizationRole',
  on: 'AuthorizationManager',
  verb: 'role.add',
  about: 'Makes a role with the privileges that are named.',
  source: 'vSphere API, AuthorizationManager',
  args: z.strictObject({ name: nameArgument<string>(), privileges: privilegesArgument }),
  needs: [onRoot('Authorization.ModifyRoles')],
  run: async (context, { args, user }) => {
    const { database, eventLog } = context;
    const { role, event } = await database.change((tx) => {
      refuseTakenRoleName(context, args.name);
      const id = tx.next('role') as RoleId;
      const made = { id, name: args.name, privileges: [...withSystemPrivileges(args.privileges)] };
      tx.put('roles', String(id), made);
      const entity = { type: 'Folder' as const, id: ROOT_FOLDER, name: 'Datacenters' };
      const values = { role: args.name };
      return {
        role: made,
        event: eventLog.putIn(tx, { type: 'vim.event.RoleAddedEvent', entity, user, arguments: values }),
      };
    });
    if (event) eventLog.tell(event);
    return role.id;
  },
});
