import type { HostName, KeyServerName, ProviderId, VmName, VmUuid } from '@vcryptsim/ports';
import type { EntityRef } from '../database/schema.js';

/** A VM: known by its UUID, since several may have one name and a name may change. */
export function vmEntity({ uuid, name }: { readonly uuid: VmUuid; readonly name: VmName }): EntityRef {
  return { type: 'VirtualMachine', id: uuid, name };
}

/** A host: vCenter knows no two of one name. */
export function hostEntity({ name }: { readonly name: HostName }): EntityRef {
  return { type: 'HostSystem', id: name, name };
}

/** A key provider: its name is its identity, also in the files of VMs. */
export function providerEntity(name: ProviderId): EntityRef {
  return { type: 'KeyProvider', id: name, name };
}

/** One server of a key provider. Both names may hold any character, so the ID is not what people read. */
export function keyServerEntity(providerId: ProviderId, server: KeyServerName): EntityRef {
  return { type: 'KeyProvider', id: JSON.stringify([providerId, server]), name: `${providerId}/${server}` };
}

/** The folder of all VMs. */
export const VM_FOLDER: EntityRef = { type: 'Folder', id: 'vm', name: 'vm' };
