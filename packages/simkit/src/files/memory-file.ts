import { FileError, type FileHandle } from '@vcryptsim/ports';

const PAGE_SIZE_BYTES = 4096;
/** A page is held in whole pieces of this size: most files of a virtual machine are much smaller than a page. */
const PIECE_BYTES = 512;

/** The room that all files of one file system share. */
export interface Medium {
  freeBytes: number;
  /** Files are counted from 1. */
  lastFileId: bigint;
}

/** What is held of one page, and whether a fork has it too: then it is copied before it changes. */
interface Page {
  /** From the page's start; what is left out is zeros. */
  readonly bytes: Uint8Array;
  isShared: boolean;
}

/**
 * Content of one file: pages by number, a hole where none is. It lives as long as a name or a handle holds it. It begins
 * without a name.
 */
export class MemoryFile {
  readonly #medium: Medium;
  readonly #pages = new Map<number, Page>();
  #sizeBytes = 0;
  #names = 0;
  #handles = 0;

  /** Stays with it in its twins. */
  readonly id: bigint;

  constructor(medium: Medium, id?: bigint) {
    this.#medium = medium;
    if (id === undefined) medium.lastFileId += 1n;
    else if (id > medium.lastFileId) medium.lastFileId = id;
    this.id = id ?? medium.lastFileId;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get allocatedBytes(): number {
    return this.#pages.size * PAGE_SIZE_BYTES;
  }

  /** Its twin on another medium, without names: pages are shared until one of the two changes them. */
  fork(medium: Medium): MemoryFile {
    const twin = new MemoryFile(medium, this.id);
    for (const [number, page] of this.#pages) {
      page.isShared = true;
      twin.#pages.set(number, page);
    }
    twin.#sizeBytes = this.#sizeBytes;
    return twin;
  }

  link(): void {
    this.#names++;
  }

  unlink(): void {
    this.#names--;
    this.#freeIfGone();
  }

  opened(): void {
    this.#handles++;
  }

  closed(): void {
    this.#handles--;
    this.#freeIfGone();
  }

  read(buffer: Uint8Array, offsetBytes: number): number {
    const count = Math.max(0, Math.min(buffer.length, this.#sizeBytes - offsetBytes));
    eachPage(offsetBytes, count, (page, start, length, done) => {
      const held = this.#pages.get(page)?.bytes.subarray(start, start + length);
      if (held !== undefined) buffer.set(held, done);
      buffer.fill(0, done + (held?.length ?? 0), done + length);
    });
    return count;
  }

  /** Answers how many bytes found room. */
  write(buffer: Uint8Array, offsetBytes: number): number {
    let written = 0;
    eachPage(offsetBytes, buffer.length, (page, start, length, done) => {
      if (written < done) return;
      const content = this.#ownPage(page, start + length) ?? this.#newPage(page, start + length);
      if (!content) return;
      content.set(buffer.subarray(done, done + length), start);
      written = done + length;
    });
    if (written > 0) this.#sizeBytes = Math.max(this.#sizeBytes, offsetBytes + written);
    return written;
  }

  truncate(sizeBytes: number): void {
    const last = Math.floor(sizeBytes / PAGE_SIZE_BYTES);
    if (sizeBytes < this.#sizeBytes) {
      for (const page of [...this.#pages.keys()]) if (page * PAGE_SIZE_BYTES >= sizeBytes) this.#drop(page);
      this.#ownPage(last, 0)?.fill(0, sizeBytes % PAGE_SIZE_BYTES);
    }
    this.#sizeBytes = sizeBytes;
  }

  /** A page that may be changed in place, of which at least `heldBytes` are held; null for a hole. */
  #ownPage(number: number, heldBytes: number): Uint8Array | null {
    const page = this.#pages.get(number);
    if (page === undefined) return null;
    if (!page.isShared && page.bytes.length >= heldBytes) return page.bytes;
    const bytes = new Uint8Array(roomFor(Math.max(heldBytes, page.bytes.length)));
    bytes.set(page.bytes);
    if (!page.isShared) page.bytes.fill(0);
    this.#pages.set(number, { bytes, isShared: false });
    return bytes;
  }

  #newPage(number: number, heldBytes: number): Uint8Array | null {
    if (this.#medium.freeBytes < PAGE_SIZE_BYTES) return null;
    this.#medium.freeBytes -= PAGE_SIZE_BYTES;
    const bytes = new Uint8Array(roomFor(heldBytes));
    this.#pages.set(number, { bytes, isShared: false });
    return bytes;
  }

  #drop(page: number): void {
    this.#pages.delete(page);
    this.#medium.freeBytes += PAGE_SIZE_BYTES;
  }

  #freeIfGone(): void {
    if (this.#names > 0 || this.#handles > 0) return;
    for (const page of [...this.#pages.keys()]) this.#drop(page);
  }
}

/** One use of a {@link MemoryFile}. */
export class MemoryFileHandle implements FileHandle {
  readonly #file: MemoryFile;
  readonly #path: string;
  readonly #writable: boolean;
  #closed = false;

  constructor(file: MemoryFile, path: string, writable: boolean) {
    this.#file = file;
    this.#path = path;
    this.#writable = writable;
    file.opened();
  }

  async pread(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    return this.#open('read').read(buffer, offsetBytes);
  }

  async pwrite(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    const written = this.#openToWrite('write').write(buffer, offsetBytes);
    if (written < buffer.length) throw new FileError('NO_SPACE', 'write', this.#path);
  }

  async truncate(sizeBytes: number): Promise<void> {
    this.#openToWrite('truncate').truncate(sizeBytes);
  }

  async fsync(): Promise<void> {
    this.#open('fsync');
  }

  async sizeBytes(): Promise<number> {
    return this.#open('stat').sizeBytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.closed();
  }

  #open(operation: string): MemoryFile {
    if (this.#closed) throw new FileError('CLOSED', operation, this.#path);
    return this.#file;
  }

  #openToWrite(operation: string): MemoryFile {
    if (!this.#writable) throw new FileError('NOT_PERMITTED', operation, this.#path);
    return this.#open(operation);
  }
}

/** A power of two, so that a file that grows by small writes is copied few times. */
function roomFor(heldBytes: number): number {
  let room = PIECE_BYTES;
  while (room < heldBytes) room *= 2;
  return Math.min(room, PAGE_SIZE_BYTES);
}

/** Calls `visit` for each page that a range touches: its number, where in it, how much, and how much came before. */
function eachPage(
  offsetBytes: number,
  lengthBytes: number,
  visit: (page: number, start: number, length: number, done: number) => void,
): void {
  for (let done = 0; done < lengthBytes; ) {
    const at = offsetBytes + done;
    const start = at % PAGE_SIZE_BYTES;
    const length = Math.min(PAGE_SIZE_BYTES - start, lengthBytes - done);
    visit(Math.floor(at / PAGE_SIZE_BYTES), start, length, done);
    done += length;
  }
}
