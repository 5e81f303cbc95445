import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId, Entropy, HostName } from '@vcryptsim/ports';
import type { EncryptionMode } from '../crypto/encryption-mode.js';
import type { DeliveryFailures, KeyDelivery } from '../crypto/key-delivery.js';
import type { KeyProviders } from '../crypto/key-providers.js';
import type { KeyProvision } from '../crypto/key-provision.js';
import type { Keys } from '../crypto/keys.js';
import type { HostConnections, ReachedHost } from '../inventory/host-connections.js';
import { distinctKeys, type Inventory } from '../inventory/inventory.js';
import type { VmWatch } from './vm-watch.js';

/** What the operations on VMs work with. */
export interface VmContext {
  readonly inventory: Inventory;
  readonly hosts: HostConnections;
  readonly providers: KeyProviders;
  readonly keys: Keys;
  readonly encryptionMode: EncryptionMode;
  readonly delivery: KeyDelivery;
  readonly provision: KeyProvision;
  readonly watch: VmWatch;
  readonly entropy: Entropy;
}

/**
 * A host and the others of its cluster that can be reached now, the host first: all of them hold the keys of all VMs of
 * the cluster, so that any can run them without vCenter.
 *
 * @throws VCenterError HOST_NOT_FOUND, HOST_NOT_CONNECTED
 */
export async function clusterAround(context: VmContext, name: HostName): Promise<readonly ReachedHost[]> {
  const host = await context.hosts.reach(name);
  const { cluster } = context.inventory.host(name);
  const others = context.inventory.hostsOf(cluster).filter((other) => other.name !== name);
  return [host, ...(await context.hosts.reachAll(others.map((other) => other.name)))];
}

/**
 * Brings keys to a VM's host and the rest of the cluster, as far as they can be had; then notes what became of the VMs.
 *
 * @param hosts the VM's host first
 * @param ids each once
 */
export async function provideKeys(
  context: VmContext,
  hosts: readonly ReachedHost[],
  ids: readonly CryptoKeyId[],
): Promise<DeliveryFailures> {
  const host = hosts[0];
  if (!host) return new Map();
  const failures = await context.provision.provide(context.inventory.host(host.name).cluster, hosts, ids);
  await context.watch.judge(host, failures);
  return failures;
}

/** Keys of a VM's home and disks, each once. */
export function keysOfInfo(vm: VmInfo): readonly CryptoKeyId[] {
  return distinctKeys([vm.keyId, ...vm.disks.map((disk) => disk.keyId)]);
}
