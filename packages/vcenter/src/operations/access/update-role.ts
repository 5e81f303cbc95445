import { z } from 'zod';
import type { Privilege } from '../../access/privileges.js';
import type { RoleId } from '../../database/schema.js';
import { nameArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { ownRole, refuseTakenRoleName, tellRole } from './own-role.js';
import { privilegesArgument, roleIdArgument, withSystemPrivileges } from './role-arguments.js';

/** A role, and what it is to be. */
export interface UpdateRoleArguments {
  readonly roleId: RoleId;
  readonly name: string;
  readonly privileges: readonly Privilege[];
}

/** UpdateAuthorizationRole: takes effect at once for everybody who has the role. @throws VCenterError ROLE_NOT_FOUND, ROLE_SHIPPED, ALREADY_EXISTS; FileError */
export const updateRole = plainOperation<'AuthorizationManager', UpdateRoleArguments, void>({
  name: 'UpdateAuthorizationRole',
  on: 'AuthorizationManager',
  verb: 'role.update',
  about: 'Changes the name or the privileges of a role.',
  source: 'vSphere API, AuthorizationManager',
  args: z.strictObject({ roleId: roleIdArgument, name: nameArgument<string>(), privileges: privilegesArgument }),
  needs: [onRoot('Authorization.ModifyRoles')],
  run: async (context, { args, user }) => {
    const { id } = ownRole(context, args.roleId);
    const privileges = [...withSystemPrivileges(args.privileges)];
    await context.database.change((tx) => {
      refuseTakenRoleName(context, args.name, id);
      tx.put('roles', String(id), { id, name: args.name, privileges });
    });
    await tellRole(context, 'vim.event.RoleUpdatedEvent', args.name, user);
  },
});
