import type { RoleId, RoleRecord, UserName } from '../../database/schema.js';
import { ROOT_FOLDER } from '../../inventory/root-folder.js';
import type { EventType } from '../../records/event-texts.js';
import { VCenterError } from '../../terms/errors.js';
import type { OperationContext } from '../operation-context.js';

/** A role by its ID. @throws VCenterError ROLE_NOT_FOUND */
export function roleOf({ database }: OperationContext, id: RoleId): RoleRecord {
  const role = database.table('roles').get(String(id));
  if (role) return role;
  const known = [...database.table('roles').values()].map(({ name }) => name).join(', ');
  throw new VCenterError({ code: 'ROLE_NOT_FOUND', role: String(id) }, `There is no role ${id}. There are: ${known}.`);
}

/** A role that may be changed: not one as shipped, whose IDs are negative. @throws VCenterError ROLE_NOT_FOUND, ROLE_SHIPPED */
export function ownRole(context: OperationContext, id: RoleId): RoleRecord {
  const role = roleOf(context, id);
  if (role.id > 0) return role;
  throw new VCenterError(
    { code: 'ROLE_SHIPPED', role: role.name },
    `Role ${role.name} came with vCenter and cannot be changed. Make a role of your own with its privileges.`,
  );
}

/** AlreadyExists: no two roles have one name. @param except the role that is renamed */
export function refuseTakenRoleName({ database }: OperationContext, name: string, except?: RoleId): void {
  if (![...database.table('roles').values()].some((known) => known.name === name && known.id !== except)) return;
  const what = `role ${name}`;
  throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
}

/** Records what became of a role. */
export function tellRole({ eventLog }: OperationContext, type: EventType, role: string, user: UserName): Promise<void> {
  const entity = { type: 'Folder' as const, id: ROOT_FOLDER, name: 'Datacenters' };
  return eventLog.record({ type, entity, user, arguments: { role }, detail: role });
}
