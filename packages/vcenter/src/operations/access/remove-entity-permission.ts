import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { permissionId } from '../../access/permission-id.js';
import type { UserName } from '../../database/schema.js';
import { VCenterError } from '../../terms/errors.js';
import { nameArgument } from '../arguments.js';
import { plainOperation } from '../operation.js';
import { refuseWithoutAdministrator } from './last-administrator.js';
import { entityArgument, tellPermission } from './permission-events.js';

/** Whose permission, and where. */
export interface RemovePermissionArguments {
  readonly user: UserName;
  readonly entity: MoRef;
}

/** RemoveEntityPermission. @throws VCenterError OBJECT_NOT_FOUND, PERMISSION_NOT_FOUND, AUTH_MINIMUM_ADMIN; FileError */
export const removeEntityPermission = plainOperation<'AuthorizationManager', RemovePermissionArguments, void>({
  name: 'RemoveEntityPermission',
  on: 'AuthorizationManager',
  verb: 'permission.remove',
  about: 'Takes the permission away that a user has on an object.',
  source: 'vSphere API, AuthorizationManager',
  args: z.strictObject({ user: nameArgument<UserName>(), entity: entityArgument }),
  needs: [
    {
      privilege: 'Authorization.ModifyPermissions',
      on: 'the object',
      objects: (_, { args }) => [args.entity],
      ifMissing: 'NoPermission',
    },
  ],
  run: async (context, { args: { user, entity }, user: by }) => {
    const id = permissionId(user, entity);
    if (!context.database.table('permissions').has(id)) {
      const name = context.inventory.nameOf(entity);
      throw new VCenterError(
        { code: 'PERMISSION_NOT_FOUND', user, object: entity },
        `User ${user} has no permission of its own on ${name} (${entity}); what it may do there comes from above.`,
      );
    }
    await context.database.change((tx) => {
      refuseWithoutAdministrator(context, (each) => each.user === user && each.entity === entity);
      tx.drop('permissions', id);
    });
    await tellPermission(context, 'vim.event.PermissionRemovedEvent', { entity, by, values: { user } });
  },
});
