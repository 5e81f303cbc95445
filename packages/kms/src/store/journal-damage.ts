import { hasHoles } from '@vcryptsim/durable-log';
import { equalBytes, type KeyId } from '@vcryptsim/ports';
import type { Frame } from './journal-format.js';
import { factsOf } from './sealed-record.js';

/** Says whether a cut kept a part of a last frame from the medium: what is missing reads as zeros. */
export function isTorn({ entries, chain }: Frame, wanted: Uint8Array): boolean {
  if (!equalBytes(chain, wanted)) return hasHoles(chain, wanted);
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
