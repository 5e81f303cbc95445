import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const ENTRY_BYTES = 512;

/** Appends with an fsync each, a second, in a folder: what a server without group commit could answer at most. */
export function fsyncRate(folder: string, measureMs = 500): number {
  const path = join(folder, 'fsync-rate');
  const file = openSync(path, 'wx', 0o600);
  try {
    const entry = new Uint8Array(ENTRY_BYTES);
    const start = performance.now();
    let done = 0;
    do {
      writeSync(file, entry);
      fsyncSync(file);
      done++;
    } while (performance.now() - start < measureMs);
    return Math.round((done * 1000) / (performance.now() - start));
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}
