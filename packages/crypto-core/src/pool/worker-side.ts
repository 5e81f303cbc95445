import { assert } from '../assert.js';
import { EcbCiphers } from '../xts/ecb-ciphers.js';
import { OutputRelease } from '../xts/output-release.js';
import { BATCH_SIZE_BYTES, turnWhitenedEcb } from '../xts/whitened-ecb.js';
import { compileWhiteningKernel, WhiteningKernel } from '../xts/whitening-kernel.js';
import { splitXtsKey } from '../xts/xts-key.js';
import { takeKeySlot } from './key-slot.js';
import type { CipherId, FromWorker, RunMessage, ToWorker } from './messages.js';

/** A worker takes this much of a run at a time, so that a slow core takes less of it. */
const PIECE_SIZE_BYTES = 4 * BATCH_SIZE_BYTES;

/**
 * What one worker of the pool does. It holds expanded keys inside OpenSSL only, and clears them when it is told.
 */
export class WorkerSide {
  readonly #window: number;
  readonly #workers: number;
  readonly #module = compileWhiteningKernel({ shared: true });
  readonly #outputs = new OutputRelease();
  readonly #ciphers = new Map<CipherId, EcbCiphers>();

  /**
   * @param o.window which window of tweaks in a shared memory is ours
   * @param o.workers how many the pool has
   */
  constructor(o: { window: number; workers: number }) {
    this.#window = o.window;
    this.#workers = o.workers;
  }

  /**
   * Handles one message.
   *
   * @param answer takes what goes back to the pool: one message for every run, none for the others
   */
  handle(message: ToWorker, answer: (message: FromWorker) => void): void {
    if (message.type === 'PREPARE') {
      const make = (key: Uint8Array): EcbCiphers => {
        const { key1, key2 } = splitXtsKey(key);
        return new EcbCiphers(key1, key2);
      };
      this.#ciphers.set(message.cipherId, takeKeySlot(message.slot, this.#workers, make));
      return;
    }
    if (message.type === 'DISPOSE') {
      this.#ciphers.get(message.cipherId)?.close();
      this.#ciphers.delete(message.cipherId);
      return;
    }
    try {
      this.#run(message);
      answer({ type: 'DONE' });
    } catch (error) {
      answer({ type: 'FAILED', reason: String(error) });
    }
  }

  #run({ cipherId, direction, memory, at, count, firstUnit, unitSizeBytes, taken }: RunMessage): void {
    const cipher = this.#ciphers.get(cipherId);
    assert(cipher !== undefined, 'a run came for a key that this worker was never given');
    const blocks = direction === 'encrypt' ? cipher.encryptBlocks : cipher.decryptBlocks;
    const kernel = new WhiteningKernel(this.#module, memory, this.#window);
    const pieceUnits = Math.floor(PIECE_SIZE_BYTES / unitSizeBytes);
    const counter = new Int32Array(taken);
    const next = (): number => Atomics.add(counter, 0, 1) * pieceUnits;
    for (let unit = next(); unit < count; unit = next()) {
      const piece = {
        at: at + unit * unitSizeBytes,
        count: Math.min(pieceUnits, count - unit),
        firstUnit: firstUnit + BigInt(unit),
        unitSizeBytes,
      };
      turnWhitenedEcb(kernel, piece, blocks, cipher.encryptTweaks, this.#outputs);
    }
  }
}
