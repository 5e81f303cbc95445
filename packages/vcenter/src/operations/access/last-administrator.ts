import { SHIPPED_ROLES } from '../../access/shipped-roles.js';
import type { PermissionRecord } from '../../database/schema.js';
import { ROOT_FOLDER } from '../../inventory/root-folder.js';
import { VCenterError } from '../../terms/errors.js';
import type { OperationContext } from '../operation-context.js';

/**
 * AuthMinimumAdmin: somebody must keep role Administrator on the root folder and below it, or else nobody could give a
 * permission any more (vSphere API, AuthorizationManager).
 *
 * @param goes whether a permission is taken away or replaced by the change
 * @param comes what is put in its place
 * @throws VCenterError AUTH_MINIMUM_ADMIN
 */
export function refuseWithoutAdministrator(
  { database }: OperationContext,
  goes: (permission: PermissionRecord) => boolean,
  comes?: PermissionRecord,
): void {
  const stay = [...database.table('permissions').values()].filter((permission) => !goes(permission));
  if ([...stay, ...(comes ? [comes] : [])].some(isAdministrator)) return;
  throw new VCenterError(
    { code: 'AUTH_MINIMUM_ADMIN' },
    'After this no user would have role Administrator on the root folder. Give it to another user first, with propagation.',
  );
}

function isAdministrator({ entity, role, propagate }: PermissionRecord): boolean {
  return entity === ROOT_FOLDER && role === SHIPPED_ROLES.admin.id && propagate;
}
