import { createHash } from 'node:crypto';
import { assert, equalBytes, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { COWD_JOURNAL_SIZE_SECTORS } from '../formats/cowd-header.js';
import type { ExtentFile } from './extent-file.js';

const MAGIC = 'VCTABLES';
const HEAD_SIZE_BYTES = SECTOR_SIZE_BYTES;
/** Of one sector, what it was and what it is to be. */
const PAIR_SIZE_BYTES = 2 * SECTOR_SIZE_BYTES;
/** Sectors that one record takes at most. */
export const JOURNAL_SECTORS_MAX = Math.floor((COWD_JOURNAL_SIZE_SECTORS - 1) / 2);
const TARGETS_AT = 16;
const HASH_SIZE_BYTES = 32;
const HASH_AT = HEAD_SIZE_BYTES - HASH_SIZE_BYTES;

/** A sector of a table that is about to be written over in its place. */
export interface TableSector {
  /** Place in the file. */
  readonly sector: number;
  readonly old: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * The sectors of tables that are being written over, kept beside: a cut inside a sector could leave a part of an entry, which
 * points to the data of another. The record is durable before the sectors are touched. At the next start a sector of which
 * some bytes are as they were and the others as they were to be is written again. One that is as it was stays so, since
 * nobody was told that it is not; and one that is neither was changed by another program, and is let be.
 * Ours, at a place of the COWD file that no table points to; other readers pass over it.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | `VCTABLES` |
 * | 8 | 4 | number of sectors, at most 31; little endian like all of COWD |
 * | 16 | 4 each | their places |
 * | 480 | 32 | SHA-256 of all before and of the sectors behind |
 * | 512 | 1024 each | what each was, and what it is to be |
 */
export class CowdJournal {
  readonly #file: ExtentFile;
  readonly #offsetBytes: number;

  /** @param sector where it lies in the file */
  constructor(file: ExtentFile, sector: number) {
    this.#file = file;
    this.#offsetBytes = sector * SECTOR_SIZE_BYTES;
  }

  /** Writes the record; durable after the next flush of the file. */
  async note(sectors: readonly TableSector[]): Promise<void> {
    assert(sectors.length <= JOURNAL_SECTORS_MAX, 'a record has room for so many');
    const record = new Uint8Array(HEAD_SIZE_BYTES + sectors.length * PAIR_SIZE_BYTES);
    const view = new DataView(record.buffer);
    record.set(new TextEncoder().encode(MAGIC));
    view.setUint32(8, sectors.length, true);
    for (const [index, { sector, old, bytes }] of sectors.entries()) {
      view.setUint32(TARGETS_AT + 4 * index, sector, true);
      record.set(old, HEAD_SIZE_BYTES + PAIR_SIZE_BYTES * index);
      record.set(bytes, HEAD_SIZE_BYTES + PAIR_SIZE_BYTES * index + SECTOR_SIZE_BYTES);
    }
    record.set(hashOf(record), HASH_AT);
    await this.#file.write(record, this.#offsetBytes);
  }

  /** The sectors that a cut left torn, and what each was to be. */
  async torn(): Promise<ReadonlyMap<number, Uint8Array>> {
    const head = new Uint8Array(HEAD_SIZE_BYTES);
    await this.#file.read(head, this.#offsetBytes);
    const count = new DataView(head.buffer).getUint32(8, true);
    const isRecord = equalBytes(head.subarray(0, MAGIC.length), new TextEncoder().encode(MAGIC));
    if (!isRecord || count > JOURNAL_SECTORS_MAX) return new Map();
    const record = new Uint8Array(HEAD_SIZE_BYTES + count * PAIR_SIZE_BYTES);
    await this.#file.read(record, this.#offsetBytes);
    // One that is not whole was being written: then nothing was done by it.
    if (!equalBytes(record.subarray(HASH_AT, HEAD_SIZE_BYTES), hashOf(record))) return new Map();
    const torn = new Map<number, Uint8Array>();
    const view = new DataView(record.buffer);
    for (let index = 0; index < count; index++) {
      const sector = view.getUint32(TARGETS_AT + 4 * index, true);
      const pair = record.subarray(HEAD_SIZE_BYTES + PAIR_SIZE_BYTES * index).subarray(0, PAIR_SIZE_BYTES);
      const [old, bytes] = [pair.subarray(0, SECTOR_SIZE_BYTES), pair.subarray(SECTOR_SIZE_BYTES)];
      const found = new Uint8Array(SECTOR_SIZE_BYTES);
      await this.#file.read(found, sector * SECTOR_SIZE_BYTES);
      if (isTorn(found, old, bytes)) torn.set(sector, bytes);
    }
    return torn;
  }
}

/** Of a record, without its own hash. */
function hashOf(record: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(record.subarray(0, HASH_AT)).update(record.subarray(HEAD_SIZE_BYTES));
  return Uint8Array.from(hash.digest());
}

/** Whether some bytes are the old ones and the others the new ones, and both are there. */
function isTorn(found: Uint8Array, old: Uint8Array, bytes: Uint8Array): boolean {
  if (equalBytes(found, old) || equalBytes(found, bytes)) return false;
  return found.every((byte, index) => byte === old[index] || byte === bytes[index]);
}
