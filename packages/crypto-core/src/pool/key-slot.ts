import { secretCopy } from '../secret-buffer.js';
import { KEY_SLOT_HEAD_BYTES, type KeySlotMemory } from './messages.js';

/** Puts a key into a new slot. */
export function fillKeySlot(key: Uint8Array): KeySlotMemory {
  const slot = new SharedArrayBuffer(KEY_SLOT_HEAD_BYTES + key.length);
  new Uint8Array(slot, KEY_SLOT_HEAD_BYTES).set(key);
  return slot;
}

/**
 * Takes the key out of a slot, in a worker.
 *
 * @param workers how many will; the last one leaves zeros behind
 * @param use gets a view that is zeroed when it returns
 */
export function takeKeySlot<T>(slot: KeySlotMemory, workers: number, use: (key: Uint8Array) => T): T {
  const shared = new Uint8Array(slot, KEY_SLOT_HEAD_BYTES);
  const key = secretCopy(shared);
  try {
    return use(key);
  } finally {
    key.fill(0);
    if (Atomics.add(new Int32Array(slot, 0, 1), 0, 1) + 1 === workers) shared.fill(0);
  }
}

/** Zeroes a slot that some worker will never take, because the pool ends. */
export function clearKeySlot(slot: KeySlotMemory): void {
  new Uint8Array(slot, KEY_SLOT_HEAD_BYTES).fill(0);
}

/** Whether all have taken the key, and the slot is zero. */
export function isKeySlotDone(slot: KeySlotMemory, workers: number): boolean {
  return Atomics.load(new Int32Array(slot, 0, 1), 0) === workers;
}
