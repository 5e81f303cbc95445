import type { Attribute } from '@vcryptsim/kmip-lite';
import { attribute } from '@vcryptsim/kmip-lite';
import type { Clock, FileSystem, KeyId } from '@vcryptsim/ports';
import { MemoryFileSystem, SeededEntropy } from '@vcryptsim/simkit';
import { KeyMaterial } from '../../src/objects/key-material.js';
import type { ManagedObject } from '../../src/objects/managed-object.js';
import { KeyStore } from '../../src/store/key-store.js';
import type { StoreLimits } from '../../src/store/store-limits.js';
import { clientName } from '../../src/terms/client-name.js';

/** 2026-11-21T12:00:00Z. */
export const NOON_MS = Date.UTC(2026, 10, 21, 12);

/** A clock that stands still unless a test moves it, and runs work at once. */
export function standingClock(): Clock & { nowMs: number } {
  const refuse = async (): Promise<never> => {
    throw new Error('nothing waits here');
  };
  const task: Clock['task'] = (_label, work) => work();
  return { nowMs: NOON_MS, after: refuse, sleepUntil: refuse, within: refuse, task, pulse: () => {} };
}

/** A stream of chance that is its own in each start of a server. */
export function entropyOf(start = 1) {
  return new SeededEntropy(42).fork('kms', start);
}

/** Opens a store in `/kms`, with its root key beside it. */
export async function openStore(
  files: FileSystem = new MemoryFileSystem(),
  start = 1,
  rootKeyPath = '/kms/root.key',
  limits?: StoreLimits,
) {
  const place = { folder: '/kms/store', rootKeyPath, files, entropy: entropyOf(start) };
  return KeyStore.open({ ...place, ...(limits && { limits }) });
}

/** A key of 32 equal bytes, as Create would make one. */
export function keyOf(id: string, byte: number, more: Partial<ManagedObject> = {}): ManagedObject {
  const attributes: Attribute[] = [attribute('Cryptographic Algorithm', 'AES'), attribute('Cryptographic Length', 256)];
  const material = KeyMaterial.take(new Uint8Array(32).fill(byte));
  const form = { kind: 'key', keyFormatType: 'Raw', isStructure: false } as const;
  const owner = { owner: clientName('vcenter'), user: null };
  return {
    id: id as KeyId,
    type: 'SymmetricKey',
    ...owner,
    state: 'PreActive',
    version: 1,
    attributes,
    form,
    material,
    ...more,
  };
}
