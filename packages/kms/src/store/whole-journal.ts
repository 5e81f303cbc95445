import { type Found, framesFrom, sourceOf } from '@vcryptsim/durable-log';
import { equalBytes } from '@vcryptsim/ports';
import { Chain } from './chain.js';
import { FORMAT, type Frame } from './journal-format.js';
import { decodeHead, openBounds } from './journal-head.js';
import type { RootKey } from './root-key.js';
import { storeIdOf } from './store-facts.js';

/**
 * Reads a journal in memory that must be whole from its head to its last byte, and as it was written.
 *
 * @param take is given each frame in order
 * @returns number of the last frame, or null when it is not whole; what `take` throws passes through
 */
export async function wholeJournal(
  bytes: Uint8Array,
  rootKey: RootKey,
  take: (found: Found<Frame>) => void,
): Promise<number | null> {
  const head = decodeHead(bytes);
  const bounds = head && openBounds(bytes.slice(0, head.endBytes), rootKey);
  if (!head || !bounds) return null;
  const chain = new Chain(rootKey, 'journal', storeIdOf(head.facts));
  let { endBytes } = head;
  let chainEnd = bounds.chainBefore;
  let lastNumber = bounds.firstNumber - 1;
  for await (const found of framesFrom(sourceOf(bytes), endBytes, FORMAT)) {
    const { frame } = found;
    if (frame.number !== lastNumber + 1 || !equalBytes(frame.chain, chain.next(chainEnd, frame.digest))) return null;
    take(found);
    chainEnd = frame.chain;
    lastNumber = frame.number;
    endBytes = found.endBytes;
  }
  const hasAll = endBytes === bytes.length && lastNumber >= bounds.firstNumber + bounds.frames - 1;
  return hasAll ? lastNumber : null;
}
