import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { XtsEngine } from '@vcryptsim/crypto-core';

/** What the loops read, turn over and write at once. */
export const WINDOW_BYTES: number = 2 ** 20;

/**
 * What every deep recrypt is measured against: in windows of 1 MiB in a buffer of the engine, pread, decryptRun, encryptRun,
 * pwrite into another file. No VM, no durability, no check, no way back.
 *
 * @param o.sizeBytes whole windows
 */
export function bareRecrypt(engine: XtsEngine, o: { from: string; to: string; sizeBytes: number; unit: number }): void {
  const [older, newer] = [engine.prepare(randomBytes(64)), engine.prepare(randomBytes(64))];
  const buffer = engine.allocateBuffer(WINDOW_BYTES);
  const [from, to] = [openSync(o.from, 'r'), openSync(o.to, 'w')];
  try {
    for (let at = 0; at < o.sizeBytes; at += buffer.length) {
      const firstUnit = BigInt(at / o.unit);
      readSync(from, buffer, 0, buffer.length, at);
      older.decryptRun(buffer, firstUnit, o.unit);
      newer.encryptRun(buffer, firstUnit, o.unit);
      writeSync(to, buffer, 0, buffer.length, at);
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/**
 * What a guest's writes and reads are measured against: encryptRun and pwrite, or pread and decryptRun, one request after
 * another through a file that is there, in a buffer of the engine. Without a unit the file alone.
 */
export class BareFile {
  readonly #file: number;
  readonly #buffer: Uint8Array;
  readonly #cipher: ReturnType<XtsEngine['prepare']> | null;
  readonly #unit: number;

  constructor(engine: XtsEngine, path: string, requestBytes: number, unit: number | null) {
    this.#file = openSync(path, 'r+');
    this.#buffer = engine.allocateBuffer(requestBytes);
    randomBytes(requestBytes).copy(this.#buffer);
    this.#cipher = unit === null ? null : engine.prepare(randomBytes(64));
    this.#unit = unit ?? 512;
  }

  write(at: number): void {
    this.#cipher?.encryptRun(this.#buffer, BigInt(at / this.#unit), this.#unit);
    writeSync(this.#file, this.#buffer, 0, this.#buffer.length, at);
  }

  read(at: number): void {
    readSync(this.#file, this.#buffer, 0, this.#buffer.length, at);
    this.#cipher?.decryptRun(this.#buffer, BigInt(at / this.#unit), this.#unit);
  }

  close(): void {
    closeSync(this.#file);
  }
}
