import { createHash } from 'node:crypto';

/**
 * How the frames of a log are bound to each other. Each frame ends with the value that its owner's check makes of the
 * value before it and the frame's own digest, so a frame that was taken out, put back or exchanged does not fit. A hash
 * tells accidents; against somebody who may write the file the owner gives a check under a key.
 */
export interface ChainCheck {
  /** The value after `content`, when `before` was the value before it: 32 bytes of its own. */
  next(before: Uint8Array, content: Uint8Array): Uint8Array;
}

/** Where a chain begins. */
export const CHAIN_ORIGIN: Uint8Array = new Uint8Array(32);

/** SHA-256 over the value before and the content: for owners who have no key. */
export const sha256Check: ChainCheck = {
  next: (before, content) => Uint8Array.from(createHash('sha256').update(before).update(content).digest()),
};
