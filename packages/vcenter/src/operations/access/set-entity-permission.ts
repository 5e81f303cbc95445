import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { permissionId } from '../../access/permission-id.js';
import type { RoleId, UserName } from '../../database/schema.js';
import { nameArgument } from '../arguments.js';
import { plainOperation } from '../operation.js';
import { refuseWithoutAdministrator } from './last-administrator.js';
import { roleOf } from './own-role.js';
import { entityArgument, tellPermission } from './permission-events.js';
import { roleIdArgument } from './role-arguments.js';

/** Who gets which role where. */
export interface SetPermissionArguments {
  readonly user: UserName;
  readonly entity: MoRef;
  readonly roleId: RoleId;
  readonly propagate: boolean;
}

/**
 * SetEntityPermissions, for one user: in place of the permission that the user has there.
 *
 * @throws VCenterError OBJECT_NOT_FOUND, ROLE_NOT_FOUND, INVALID_LOGIN (no user of that name), AUTH_MINIMUM_ADMIN; FileError
 */
export const setEntityPermission = plainOperation<'AuthorizationManager', SetPermissionArguments, void>({
  name: 'SetEntityPermissions',
  on: 'AuthorizationManager',
  verb: 'permission.set',
  about: 'Gives a user a role on an object, and below it.',
  source: 'vSphere API, AuthorizationManager',
  args: z.strictObject({
    user: nameArgument<UserName>(),
    entity: entityArgument,
    roleId: roleIdArgument,
    propagate: z.boolean(),
  }),
  needs: [
    {
      privilege: 'Authorization.ModifyPermissions',
      on: 'the object',
      objects: (_, { args }) => [args.entity],
      ifMissing: 'NoPermission',
    },
  ],
  run: async (context, { args, user: by }) => {
    const { user, entity, roleId: role, propagate } = args;
    context.authorization.refuseUnknown(user);
    const { name } = roleOf(context, role);
    const id = permissionId(user, entity);
    const permission = { user, entity, role, propagate };
    await context.database.change((tx) => {
      refuseWithoutAdministrator(context, (each) => each.user === user && each.entity === entity, permission);
      tx.put('permissions', id, permission);
    });
    await tellPermission(context, 'vim.event.PermissionAddedEvent', { entity, by, values: { user, role: name } });
  },
});
