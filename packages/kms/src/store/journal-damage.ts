import type { KeyId } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { equalBytes } from './bytes.js';
import type { Frame } from './journal-format.js';
import { factsOf } from './sealed-record.js';

/** Says whether a cut kept a part of a last frame from the medium: what is missing reads as zeros. */
export function isTorn({ entries, chain }: Frame, wanted: Uint8Array): boolean {
  if (!equalBytes(chain, wanted)) return chain.every((byte, place) => byte === 0 || byte === wanted[place]);
  const broken = entries.flatMap((entry) =>
    entry.kind === 'material' && entry.condition === 'broken' ? [entry.id] : [],
  );
  const isDestroyed = (id: KeyId) =>
    entries.some((entry) => {
      if (entry.kind !== 'object') return false;
      const facts = factsOf(entry.record);
      return facts.id === id && !facts.hasMaterial;
    });
  return broken.some((id) => !isDestroyed(id));
}

/** A journal that is not whole. */
export function damaged(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `${path} is damaged at byte ${offsetBytes}, before its end: keys that were answered cannot be read.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}

/** A journal whose frames are not those that were written there in this order. */
export function disordered(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `What is at byte ${offsetBytes} of ${path} is not what was written after what is before it: records were taken out, put back or exchanged.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}
