import type { KeyServerName, ManagedObjectType, ProviderId } from '@vcryptsim/ports';
import type { EntityRef } from '../database/schema.js';

/** A managed object as events, tasks and alarms name it: by its reference, with the name that it has now. */
export function entityOf(
  type: Exclude<ManagedObjectType, 'Task'>,
  { id, name }: { readonly id: string; readonly name: string },
): EntityRef {
  return { type, id, name };
}

/** A VM. */
export function vmEntity(vm: { readonly id: string; readonly name: string }): EntityRef {
  return entityOf('VirtualMachine', vm);
}

/** A host. */
export function hostEntity(host: { readonly id: string; readonly name: string }): EntityRef {
  return entityOf('HostSystem', host);
}

/** A key provider: its name is its identity, also in the files of VMs. */
export function providerEntity(name: ProviderId): EntityRef {
  return { type: 'KeyProvider', id: name, name };
}

/** One server of a key provider. Both names may hold any character, so the ID is not what people read. */
export function keyServerEntity(providerId: ProviderId, server: KeyServerName): EntityRef {
  return { type: 'KeyProvider', id: JSON.stringify([providerId, server]), name: `${providerId}/${server}` };
}
