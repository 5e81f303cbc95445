import { z } from 'zod';
import type { RoleId } from '../../database/schema.js';
import { VCenterError } from '../../terms/errors.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { ownRole, tellRole } from './own-role.js';
import { roleIdArgument } from './role-arguments.js';

/** Which role, and whether it may be in use. */
export interface RemoveRoleArguments {
  readonly roleId: RoleId;
  /** Refuses a role that a permission names (`failIfUsed`). */
  readonly failIfUsed: boolean;
}

/**
 * RemoveAuthorizationRole: permissions with the role go too.
 *
 * @throws VCenterError ROLE_NOT_FOUND, ROLE_SHIPPED; RESOURCE_IN_USE; FileError
 */
export const removeRole = plainOperation<'AuthorizationManager', RemoveRoleArguments, void>({
  name: 'RemoveAuthorizationRole',
  on: 'AuthorizationManager',
  verb: 'role.remove',
  about: 'Removes a role, and the permissions that name it.',
  source: 'vSphere API, AuthorizationManager',
  args: z.strictObject({ roleId: roleIdArgument, failIfUsed: z.boolean() }),
  needs: [onRoot('Authorization.ModifyRoles')],
  run: async (context, { args, user }) => {
    const { database } = context;
    const role = ownRole(context, args.roleId);
    const used = [...database.table('permissions')].filter(([, permission]) => permission.role === role.id);
    if (args.failIfUsed && used.length > 0) {
      throw new VCenterError(
        { code: 'RESOURCE_IN_USE', what: `role ${role.name}` },
        `Role ${role.name} is in use by ${used.length} permissions. Take these away first.`,
      );
    }
    await database.change((tx) => {
      tx.drop('roles', String(role.id));
      for (const [id] of used) tx.drop('permissions', id);
    });
    await tellRole(context, 'vim.event.RoleRemovedEvent', role.name, user);
  },
});
