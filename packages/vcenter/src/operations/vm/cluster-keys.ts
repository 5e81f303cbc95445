import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId, MoRef } from '@vcryptsim/ports';
import type { DeliveryFailures } from '../../crypto/key-delivery.js';
import type { ReachedHost } from '../../inventory/host-connections.js';
import { distinctKeys } from '../../inventory/inventory.js';
import { VCenterError } from '../../terms/errors.js';
import type { OperationContext } from '../operation-context.js';

/**
 * A host and the others of its cluster that can be reached now, the host first: all of them hold the keys of all VMs of
 * the cluster, so that any can run them without vCenter.
 *
 * @throws VCenterError OBJECT_NOT_FOUND, HOST_NOT_CONNECTED
 */
export async function clusterAround(
  { hosts, inventory }: OperationContext,
  id: MoRef<'HostSystem'>,
): Promise<readonly ReachedHost[]> {
  const host = await hosts.reach(id);
  const others = inventory.hostsOf(inventory.host(id).parent).filter((other) => other.id !== id);
  return [host, ...(await hosts.reachAll(others.map((other) => other.id)))];
}

/**
 * The hosts that get the keys of a VM: its own, and every other of the cluster that can be reached now and is in
 * encryption mode or may be brought there: from now on vCenter keeps these there. One that may not stays disabled, without
 * the key; one that may and is away is brought there when it is back (facts/vsphere-encryption.md section 2, "Automatic
 * enabling").
 *
 * @param may whether the caller may bring a host into encryption mode
 * @throws VCenterError OBJECT_NOT_FOUND, HOST_NOT_CONNECTED, HOST_NOT_CAPABLE
 */
export async function hostsForKeys(
  context: OperationContext,
  id: MoRef<'HostSystem'>,
  may: (host: MoRef<'HostSystem'>) => boolean,
): Promise<readonly ReachedHost[]> {
  const { inventory } = context;
  const around = await clusterAround(context, id);
  const [first] = around;
  if (first && !first.api.capability.cryptoSupported) throw hostNotCapable(first);
  const safe = new Set(around.filter(({ runtime }) => runtime.cryptoState === 'safe').map((host) => host.id));
  for (const host of inventory.hostsOf(inventory.host(id).parent)) {
    if (safe.has(host.id) || may(host.id)) await inventory.seeHost(host.id, { requiresEncryption: true });
  }
  return around.filter(
    ({ id: each, api }, index) => index === 0 || safe.has(each) || (api.capability.cryptoSupported && may(each)),
  );
}

/** NotSupported: the host is too old for VM encryption. */
function hostNotCapable({ name: host, api: { version } }: ReachedHost): VCenterError {
  return new VCenterError(
    { code: 'HOST_NOT_CAPABLE', host, version },
    `Host ${host} runs ESXi ${version}, which has no VM encryption. Use a host of ESXi 6.5 or later.`,
  );
}

/** Says whether a host is not in encryption mode and vCenter never brought it there: one that it did, it brings back itself. */
export function isNewToEncryption({ inventory }: OperationContext, id: MoRef<'HostSystem'>): boolean {
  const { cryptoState, requiresEncryption } = inventory.host(id);
  return cryptoState !== 'safe' && !requiresEncryption;
}

/**
 * Brings keys to a VM's host and the rest of the cluster, as far as they can be had; then notes what became of the VMs.
 *
 * @param hosts the VM's host first
 * @param ids each once
 */
export async function provideKeys(
  context: OperationContext,
  hosts: readonly ReachedHost[],
  ids: readonly CryptoKeyId[],
): Promise<DeliveryFailures> {
  const host = hosts[0];
  if (!host) return new Map();
  const failures = await context.provision.provide(context.inventory.host(host.id).parent, hosts, ids);
  await context.watch.judge(host, failures);
  return failures;
}

/** Keys of a VM's home and disks, each once. */
export function keysOfInfo(vm: VmInfo): readonly CryptoKeyId[] {
  return distinctKeys([vm.keyId, ...vm.disks.map((disk) => disk.keyId)]);
}
