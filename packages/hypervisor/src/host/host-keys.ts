import { CryptoError, type Kek } from '@vcryptsim/crypto-core';
import { openParcel } from '@vcryptsim/crypto-core/parcel-open';
import type { CryptoKeyId } from '@vcryptsim/ports';
import type { CryptoKeyResult, KeyGrant } from '../api/host-api.js';
import { invalidArgument } from '../faults.js';
import { lockIfKeyless, refreshVm } from '../vm/refresh-vm.js';
import { keyIdsOf } from '../vm/vm-config.js';
import type { HostContext } from './host-context.js';
import { cacheName } from './key-cache.js';

/**
 * Sets the host key: prepared -> safe. With the key that is set already it does nothing.
 *
 * @throws HypervisorError INVALID_STATE, ALREADY_EXISTS, INVALID_ARGUMENT (the parcel was spent before)
 */
export async function enableCrypto(host: HostContext, { id, parcel }: KeyGrant): Promise<void> {
  try {
    if (host.mode.checkEnable(id)) return;
    if (!host.keys.has(id)) {
      const kek = openGrant({ id, parcel });
      if (kek === null)
        throw invalidArgument('hostKey', 'The parcel of the host key was opened before. Fetch the key again.');
      cache(host, id, kek);
    }
    host.mode.enable(id);
  } finally {
    parcel.dispose();
  }
  await unlockVms(host, [id]);
}

/**
 * Puts keys into the cache, each with a result of its own, then looks again at the VMs that waited for one of them: each
 * is read once, however many keys came, and no other is read.
 */
export async function addKeys(host: HostContext, grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
  const results = grants.map((grant): CryptoKeyResult => {
    try {
      if (!host.mode.takesKeys) return refused(grant.id, 'InvalidState');
      if (grant.id.keyId === '' || grant.id.providerId === '') return refused(grant.id, 'InvalidArgument');
      if (host.keys.has(grant.id)) return refused(grant.id, 'AlreadyExists');
      const kek = openGrant(grant);
      if (kek === null) return refused(grant.id, 'InvalidArgument');
      cache(host, grant.id, kek);
      return { id: grant.id, success: true };
    } finally {
      grant.parcel.dispose();
    }
  });
  await unlockVms(
    host,
    results.filter(({ success }) => success).map(({ id }) => id),
  );
  return results;
}

/**
 * Takes keys out of the cache. Without `force` the host key, and a key that a registered VM names, stay. A running VM
 * keeps running on its DEKs; a powered-off one whose home key goes locks.
 */
export async function removeKeys(
  host: HostContext,
  ids: readonly CryptoKeyId[],
  force: boolean,
): Promise<readonly CryptoKeyResult[]> {
  const inUse = force ? new Set<string>() : keysInUse(host);
  const results = ids.map((id): CryptoKeyResult => {
    if (!host.keys.has(id)) return force ? { id, success: true } : refused(id, 'NotFound');
    if (inUse.has(cacheName(id))) return refused(id, 'ResourceInUse');
    host.keys.remove(id);
    host.events.emit({ type: 'KEY_REMOVED', id });
    return { id, success: true };
  });
  for (const vm of host.inventory.all()) lockIfKeyless(host, vm);
  return results;
}

function keysInUse({ mode, inventory }: HostContext): ReadonlySet<string> {
  const used = inventory.all().flatMap(({ config }) => (config === null ? [] : keyIdsOf(config)));
  return new Set([...(mode.hostKeyId === null ? [] : [mode.hostKeyId]), ...used].map(cacheName));
}

async function unlockVms(host: HostContext, ids: readonly CryptoKeyId[]): Promise<void> {
  for (const vm of host.waiting.waitingFor(ids)) {
    await vm.lane.run(async () => {
      const isStillHere = host.inventory.get(vm.uuid) === vm;
      if (isStillHere && vm.locked) await refreshVm(host, vm);
    });
  }
}

function cache(host: HostContext, id: CryptoKeyId, kek: Kek): void {
  host.keys.add(id, kek);
  host.events.emit({ type: 'KEY_CACHED', id });
}

/** The key of a grant, or null when its parcel was spent before. */
function openGrant({ parcel }: KeyGrant): Kek | null {
  try {
    return openParcel(parcel);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}

function refused(id: CryptoKeyId, reason: NonNullable<CryptoKeyResult['reason']>): CryptoKeyResult {
  return { id, success: false, reason };
}
