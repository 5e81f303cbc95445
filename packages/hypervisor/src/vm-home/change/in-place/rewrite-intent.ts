import type { CryptoKeyId, DiskUuid } from '@vcryptsim/ports';
import { bundleTampered } from '../../../api/faults.js';
import type { KeyChange } from '../plan-change.js';

/**
 * What is to be done with the rest of a VM when its disks have been rewritten in place, sealed with the VM home's DEK for so
 * long: a start goes by it, and nobody without the KEK can write another (CVE-2021-4122 is the lesson).
 */
export interface RewriteIntent {
  /** The VM home, when all disks are under their new keys, and when all are back under their old ones. */
  readonly home: { readonly done: KeyChange; readonly undone: KeyChange };
  /** Disks that are recrypted shallow, when all others are done. */
  readonly shallow: Readonly<Record<DiskUuid, CryptoKeyId>>;
}

/** As it is sealed: JSON. */
export function formatIntent(intent: RewriteIntent): string {
  return JSON.stringify(intent);
}

/**
 * Reads what {@link formatIntent} wrote. It was authenticated, so it is what a host wrote.
 *
 * @throws HypervisorError BUNDLE_TAMPERED where there is none, though a disk is between two keys
 */
export function parseIntent(intent: string | null, file: string): RewriteIntent {
  if (intent === null)
    throw bundleTampered(file, 'a disk is between two keys, and it does not say what was to be done');
  return JSON.parse(intent) as RewriteIntent;
}
