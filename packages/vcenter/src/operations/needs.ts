import type { MoRef } from '@vcryptsim/ports';
import type { Privilege } from '../access/privileges.js';
import type { UserName, VmRecord } from '../database/schema.js';
import { ROOT_FOLDER } from '../inventory/root-folder.js';
import { VCenterError } from '../terms/errors.js';
import type { EntityType, ObjectType, PrivilegeNeed } from './operation.js';
import type { OperationContext } from './operation-context.js';

/** NoPermission */
export function noPermission(
  { inventory }: OperationContext,
  user: UserName,
  privilege: Privilege,
  on: MoRef,
): VCenterError {
  const name = inventory.nameOf(on);
  return new VCenterError(
    { code: 'NO_PERMISSION', user, privilege, object: on, name },
    `User ${user} lacks privilege ${privilege} on ${name} (${on}). Ask an administrator for a role that has it.`,
  );
}

/** EncryptionKeyRequired @param name of the method */
export function vmLocked({ name: vm, keyId }: VmRecord, name: string): VCenterError {
  return new VCenterError(
    { code: 'VM_LOCKED', vm, requiredKeys: keyId ? [keyId] : [] },
    `VM ${vm} is locked: its key is not on the host. Unlock it first, then repeat ${name}.`,
  );
}

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

/** What happens to the other hosts of a cluster when somebody who may not bring them there has keys brought to a VM's host. */
export function onOtherHosts(what: string): PrivilegeNeed<ObjectType, unknown> {
  return {
    privilege: 'Cryptographer.RegisterHost',
    on: 'another host of the cluster',
    when: 'keys are brought and that host is not in encryption mode',
    objects: () => [],
    ifMissing: { effect: `${what}, and that host stays disabled, without the key` },
  };
}

/** A privilege that is needed on the root folder, always: that of a service. */
export function onRoot(privilege: Privilege): PrivilegeNeed<ObjectType, unknown> {
  return { privilege, on: 'the root folder', objects: () => [ROOT_FOLDER], ifMissing: 'NoPermission' };
}
