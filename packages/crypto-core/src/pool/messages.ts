import type { KernelMemory } from '../xts/whitening-kernel.js';
import type { Direction } from '../xts/xts-engine.js';

/** Names a prepared key among the workers of one pool. */
export type CipherId = number;

/** What the pool tells a worker. Messages to one worker are handled in order. */
export type ToWorker =
  | { readonly type: 'PREPARE'; readonly cipherId: CipherId; readonly slot: KeySlotMemory }
  | { readonly type: 'DISPOSE'; readonly cipherId: CipherId }
  | RunMessage;

/** One run; every worker gets the same message and they share the pieces out among themselves. */
export interface RunMessage {
  readonly type: 'RUN';
  readonly cipherId: CipherId;
  readonly direction: Direction;
  readonly memory: KernelMemory;
  /** Where the run starts in the memory. */
  readonly at: number;
  readonly count: number;
  readonly firstUnit: bigint;
  readonly unitSizeBytes: number;
  /** One Int32: how many pieces have been taken. */
  readonly taken: SharedArrayBuffer;
}

/** What a worker answers to every RUN. */
export type FromWorker = { readonly type: 'DONE' } | { readonly type: 'FAILED'; readonly reason: string };

/**
 * The way of a key to the workers: one Int32 that counts who has it, then Key1 || Key2. The last to take it zeroes it.
 *
 *   offset  bytes     what
 *   0       4         workers that have expanded the key
 *   4       32 or 64  Key1 || Key2, zero once all have
 */
export type KeySlotMemory = SharedArrayBuffer;

/** Bytes of a key slot before the key. */
export const KEY_SLOT_HEAD_BYTES = 4;
