import type { Dek } from '@vcryptsim/crypto-core';
import { assert } from '@vcryptsim/ports';
import { recordTampered } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { ExtentFile } from './extent-file.js';

const MAGIC = 'VCREWR01';
const MAC_SIZE_BYTES = 32;
/** What a slot's MAC covers, beside the context: everything before it. */
const SLOT_BODY_SIZE_BYTES = 8 + 8 + 8 + 4 + 1 + MAC_SIZE_BYTES;
/** Each slot, and each window, begins at a page of its own, so that no write of one touches another. */
const PAGE_SIZE_BYTES = 4096;
const SLOT_COUNT = 2;

/** Which way a rewrite goes: to the keys that are wanted, or back, where it was canceled. */
export type RewriteHeading = 'forward' | 'back';

/** How far a rewrite in place is. */
export interface RewriteState {
  readonly way: RewriteHeading;
  /** Everything before is under the new key, everything after under the old, but for a pending window. */
  readonly doneBytes: number;
  /** Length of the window that is being turned over: behind `doneBytes` forward, before it on the way back. */
  readonly pendingBytes: number;
}

/** What binds a journal to its disk, and who can write in it. */
export interface JournalBinding {
  /** VM, disk, generations, capacity, window size: part of every MAC. */
  readonly context: string;
  readonly windowSizeBytes: number;
  /** The DEKs of both sides; of an encryption or a decryption the one that there is. */
  readonly deks: readonly [Dek, ...Dek[]];
}

/**
 * The journal of a rewrite in place, `NAME-flat.vmdk.journal` (ours):
 *
 * | offset | size | holds |
 * |---|---|---|
 * | 0 | 8 | `VCREWR01` |
 * | 8 | 8 | number of the record, from 1 |
 * | 16 | 8 | bytes that are done |
 * | 24 | 4 | bytes of the window that is pending; 0 for none |
 * | 28 | 1 | 0 forward, 1 back |
 * | 29 | 32 | MAC of the pending window's bytes in this journal; zeros for none |
 * | 61 | 32 | MAC of all that and of the context, under a key of both DEKs |
 * | 4,096 | | the other slot, the same |
 * | 8,192 | w | the window of records with odd numbers |
 * | 8,192 + w | w | the window of records with even numbers |
 *
 * Record n is written into slot n mod 2, and its window into window n mod 2: whatever a cut tears, the record before it and
 * its window are whole. A record's window is durable before the record is, and the record before the extent is written; so a
 * start does the pending window of the newest whole record again, which is the same as doing it once. Numbers are big
 * endian. The windows hold ciphertext only: of plain data that is to be encrypted what it becomes, of ciphertext that is to
 * be decrypted what it was.
 */
export class RewriteJournal {
  readonly #file: ExtentFile;
  readonly #shown: string;
  readonly #binding: JournalBinding;
  #number = 0;
  #isUncertain = false;
  #state: RewriteState = { way: 'forward', doneBytes: 0, pendingBytes: 0 };

  private constructor(file: ExtentFile, shown: string, binding: JournalBinding) {
    this.#file = file;
    this.#shown = shown;
    this.#binding = binding;
  }

  /**
   * Makes the journal, with room for all that it will hold, saying that nothing is done; durable but for the folder's entry.
   *
   * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE
   */
  static async create(folder: VmFolder, fileName: string, binding: JournalBinding): Promise<void> {
    const journal = new RewriteJournal(await fileIn(folder, fileName, 'new'), folder.shown(fileName), binding);
    try {
      const room = new Uint8Array(PAGE_SIZE_BYTES * SLOT_COUNT + binding.windowSizeBytes * SLOT_COUNT);
      await journal.#file.write(room, 0);
      await journal.#write({ way: 'forward', doneBytes: 0, pendingBytes: 0 }, new Uint8Array(MAC_SIZE_BYTES));
    } finally {
      await journal.close();
    }
  }

  /**
   * Opens the journal of a rewrite that its VM says is under way.
   *
   * @throws HypervisorError RECORD_TAMPERED where no record is of these DEKs and this disk, FILE_DAMAGED where it is missing
   */
  static async open(folder: VmFolder, fileName: string, binding: JournalBinding): Promise<RewriteJournal> {
    const journal = new RewriteJournal(await fileIn(folder, fileName, 'there'), folder.shown(fileName), binding);
    try {
      await journal.#readNewest();
      return journal;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Bytes that a window of the journal of that name has, as its length tells; its records are bound to them. */
  static async windowSizeOf(folder: VmFolder, fileName: string): Promise<number> {
    const handle = await folder.openFile(fileName, 'read');
    try {
      const windowsBytes = (await handle.sizeBytes()) - PAGE_SIZE_BYTES * SLOT_COUNT;
      if (windowsBytes > 0 && windowsBytes % (PAGE_SIZE_BYTES * SLOT_COUNT) === 0) return windowsBytes / SLOT_COUNT;
      throw recordTampered(folder.shown(fileName), 'its length is not that of a journal');
    } finally {
      await handle.close();
    }
  }

  get state(): RewriteState {
    return this.#state;
  }

  /**
   * Whether the medium failed while a record was written: it may be read and not be durable, so that nothing may be built on it
   * before the next boot.
   */
  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  /** Bytes that a window has at most. */
  get windowSizeBytes(): number {
    return this.#binding.windowSizeBytes;
  }

  /**
   * Notes a window that is about to be written into the extent, durably: its bytes first, then the record.
   *
   * @param window ciphertext that undoes or redoes the write
   */
  async begin(state: RewriteState, window: Uint8Array): Promise<void> {
    assert(window.length === state.pendingBytes, 'the window is what is pending');
    await this.#file.write(window, this.#windowOffset(this.#number + 1));
    await this.#file.flush();
    await this.#write(state, this.#macOf(window));
  }

  /** Notes how far it is, with nothing pending, durably. */
  async note(state: Omit<RewriteState, 'pendingBytes'>): Promise<void> {
    await this.#write({ ...state, pendingBytes: 0 }, new Uint8Array(MAC_SIZE_BYTES));
  }

  /**
   * Reads the window that is pending.
   *
   * @param buffer of its length
   * @throws HypervisorError RECORD_TAMPERED
   */
  async pendingWindow(buffer: Uint8Array): Promise<void> {
    const record = new Uint8Array(SLOT_BODY_SIZE_BYTES);
    await this.#file.read(record, this.#slotOffset(this.#number));
    await this.#file.read(buffer, this.#windowOffset(this.#number));
    const isGenuine = this.#binding.deks[0].isAuthentic([this.#context('window'), buffer], record.subarray(29));
    if (!isGenuine) throw recordTampered(this.#shown, 'the window that was being written is not the one of its record');
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(state: RewriteState, windowMac: Uint8Array): Promise<void> {
    const number = this.#number + 1;
    const slot = new Uint8Array(SLOT_BODY_SIZE_BYTES + MAC_SIZE_BYTES);
    const view = new DataView(slot.buffer);
    slot.set(new TextEncoder().encode(MAGIC));
    view.setBigUint64(8, BigInt(number));
    view.setBigUint64(16, BigInt(state.doneBytes));
    view.setUint32(24, state.pendingBytes);
    view.setUint8(28, state.way === 'forward' ? 0 : 1);
    slot.set(windowMac, 29);
    slot.set(this.#slotMac(slot.subarray(0, SLOT_BODY_SIZE_BYTES)), SLOT_BODY_SIZE_BYTES);
    this.#isUncertain = true;
    await this.#file.write(slot, this.#slotOffset(number));
    await this.#file.flush();
    this.#isUncertain = false;
    this.#number = number;
    this.#state = state;
  }

  async #readNewest(): Promise<void> {
    for (const at of [0, 1]) {
      const slot = new Uint8Array(SLOT_BODY_SIZE_BYTES + MAC_SIZE_BYTES);
      await this.#file.read(slot, PAGE_SIZE_BYTES * at);
      const body = slot.subarray(0, SLOT_BODY_SIZE_BYTES);
      if (!this.#isGenuine(body, slot.subarray(SLOT_BODY_SIZE_BYTES))) continue;
      const view = new DataView(slot.buffer);
      const number = Number(view.getBigUint64(8));
      if (number <= this.#number) continue;
      this.#number = number;
      this.#state = {
        way: view.getUint8(28) === 0 ? 'forward' : 'back',
        doneBytes: Number(view.getBigUint64(16)),
        pendingBytes: view.getUint32(24),
      };
    }
    if (this.#number === 0) throw recordTampered(this.#shown, 'no record in it is of the keys of this disk');
  }

  #isGenuine(body: Uint8Array, mac: Uint8Array): boolean {
    const [first, ...more] = this.#binding.deks;
    const parts = [this.#context('record'), body];
    const last = more.at(-1);
    if (last === undefined) return first.isAuthentic(parts, mac);
    return last.isAuthentic([...parts, first.authenticate(parts)], mac);
  }

  #slotMac(body: Uint8Array): Uint8Array {
    const [first, ...more] = this.#binding.deks;
    const parts = [this.#context('record'), body];
    return more.at(-1)?.authenticate([...parts, first.authenticate(parts)]) ?? first.authenticate(parts);
  }

  #macOf(window: Uint8Array): Uint8Array {
    return this.#binding.deks[0].authenticate([this.#context('window'), window]);
  }

  #context(what: 'record' | 'window'): Uint8Array {
    return new TextEncoder().encode(`${what} of ${this.#binding.context} `);
  }

  #slotOffset(number: number): number {
    return PAGE_SIZE_BYTES * (number % SLOT_COUNT);
  }

  #windowOffset(number: number): number {
    return PAGE_SIZE_BYTES * SLOT_COUNT + this.#binding.windowSizeBytes * ((number + 1) % SLOT_COUNT);
  }
}

async function fileIn(folder: VmFolder, fileName: string, which: 'new' | 'there'): Promise<ExtentFile> {
  const handle = which === 'new' ? await folder.createFile(fileName) : await folder.openFile(fileName, 'write');
  return new ExtentFile(handle, folder.shown(fileName));
}
