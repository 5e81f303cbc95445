import type { VmCreateSpec } from '@vcryptsim/hypervisor/api';
import { type CryptoKeyId, drawUuid, type VmName, type VmUuid } from '@vcryptsim/ports';
import { VCenterError } from '../errors.js';
import type { ReachedHost } from '../inventory/host-connections.js';
import { distinctKeys } from '../inventory/inventory.js';
import type { VmRequest } from '../requests.js';
import { encrypts } from './storage-policies.js';
import { clusterAround, type VmContext } from './vm-context.js';

/**
 * CreateVM_Task. An encrypted VM gets a key of the default provider (or the one that was named), which goes to its host
 * and to every other host of the cluster before the host makes the VM. The order is the observed one: the VM's key is
 * created, then the host key if there is none; the host key is fetched and used, then the VM's (facts/vim-api.md
 * section 6). A key that was created stays at the key server even if the VM then fails.
 *
 * @returns the VM's instance UUID
 * @throws VCenterError, HypervisorError
 */
export async function createVm(context: VmContext, o: VmRequest): Promise<VmUuid> {
  refuseTakenName(context, o.name);
  const encrypted = o.policy !== undefined && encrypts(o.policy);
  if (o.cryptoKeyId && !encrypted) throw keyWithoutPolicy();
  const hosts = await clusterAround(context, o.host);
  const uuid = o.uuid ?? (drawUuid(context.entropy, 'VM instance UUID') as VmUuid);
  const made = encrypted && !o.cryptoKeyId ? await context.keys.generate(context.providers.default().providerId) : null;
  const keyId = o.cryptoKeyId ?? made;
  const diskKeyIds = o.disks.map(({ crypto }) => (crypto?.type === 'Encrypt' ? crypto.cryptoKeyId : null));
  const keyIds = distinctKeys([keyId, ...diskKeyIds]);
  if (keyIds.length > 0) {
    await context.encryptionMode.ensure(context.inventory.host(o.host).cluster, hosts);
    if (made) await bringNewKey(context, hosts, made, { uuid, name: o.name });
    const [failure] = (await context.delivery.deliver(keyIds, hosts)).values();
    if (failure) throw failure;
  }
  const { api } = await context.hosts.reach(o.host);
  await context.inventory.seeVms(o.host, [await api.createVm(specOf(o, uuid, keyId))], o.policy);
  return uuid;
}

/** Fetches the key that was just made, tags it with its VM and sends it to the hosts. */
async function bringNewKey(
  context: VmContext,
  hosts: readonly ReachedHost[],
  keyId: CryptoKeyId,
  vm: { readonly uuid: VmUuid; readonly name: VmName },
): Promise<void> {
  const parcel = await context.keys.fetch(keyId);
  try {
    await context.keys.tag(keyId, { component: 'Virtual Machine', identifier: vm.uuid, name: vm.name });
    await context.delivery.send([{ id: keyId, parcel, hosts }]);
  } finally {
    parcel.dispose();
  }
}

function specOf(o: VmRequest, uuid: VmUuid, keyId: CryptoKeyId | null): VmCreateSpec {
  return {
    name: o.name,
    uuid,
    disks: o.disks,
    ...(o.datastore === undefined ? {} : { datastore: o.datastore }),
    ...(o.guestId === undefined ? {} : { guestId: o.guestId }),
    ...(o.memoryMiB === undefined ? {} : { memoryMiB: o.memoryMiB }),
    ...(keyId === null ? {} : { crypto: { type: 'Encrypt', cryptoKeyId: keyId } }),
  };
}

function refuseTakenName(context: VmContext, name: VmName): void {
  if (!context.inventory.vms().some((vm) => vm.name === name)) return;
  const what = `VM ${name}`;
  throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
}

/** encryptForbiddenWithoutEncryptedProfile (facts/vsphere-encryption.md section 11). */
function keyWithoutPolicy(): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'cryptoKeyId' },
    'A VM is encrypted only together with a storage policy that encrypts. Name the policy beside the key.',
  );
}
