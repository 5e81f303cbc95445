import type { Privilege } from '../access/privileges.js';
import { ROOT_FOLDER } from '../inventory/root-folder.js';
import type { EntityType, ObjectType, PrivilegeNeed } from './operation.js';

const WORDS: Readonly<Record<EntityType, string>> = {
  Folder: 'the folder',
  Datacenter: 'the datacenter',
  ClusterComputeResource: 'the cluster',
  HostSystem: 'the host',
  VirtualMachine: 'the VM',
};

/** A privilege that is needed on the object of the call, always. */
export function onObject<Type extends EntityType>(type: Type, privilege: Privilege): PrivilegeNeed<Type, unknown> {
  return { privilege, on: WORDS[type], objects: (_, { object }) => [object.id], ifMissing: 'NoPermission' };
}

/** A privilege that is needed on the root folder, always: that of a service. */
export function onRoot(privilege: Privilege): PrivilegeNeed<ObjectType, unknown> {
  return { privilege, on: 'the root folder', objects: () => [ROOT_FOLDER], ifMissing: 'NoPermission' };
}
