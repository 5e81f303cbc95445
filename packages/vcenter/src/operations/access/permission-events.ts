import { assert, type MoRef, moTypeOf } from '@vcryptsim/ports';
import type { UserName } from '../../database/schema.js';
import { entityOf } from '../../records/entity.js';
import type { EventType } from '../../records/event-texts.js';
import { refArgument } from '../arguments.js';
import type { OperationContext } from '../operation-context.js';

/** An object on which a permission can be. */
export const entityArgument = refArgument(
  'Folder',
  'Datacenter',
  'ClusterComputeResource',
  'ComputeResource',
  'HostSystem',
  'Datastore',
  'VirtualMachine',
);

/** Records what became of a permission. */
export function tellPermission(
  { eventLog, inventory }: OperationContext,
  type: EventType,
  o: { readonly entity: MoRef; readonly by: UserName; readonly values: Readonly<Record<string, string>> },
): Promise<void> {
  const kind = moTypeOf(o.entity);
  assert(kind && kind !== 'Task', 'a permission is on an entity');
  const entity = entityOf(kind, { id: o.entity, name: inventory.nameOf(o.entity) });
  const detail = Object.values(o.values).join(', ');
  return eventLog.record({ type, entity, user: o.by, arguments: o.values, detail });
}
