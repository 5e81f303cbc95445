import { assert } from '@vcryptsim/ports';

/** A page of guest memory. */
export const MEMORY_PAGE_BYTES = 4096;

const ZEROS = new Uint8Array(MEMORY_PAGE_BYTES);

/** Whether so many bytes, a page at most, are all zero. */
export function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}

/**
 * The memory of a running VM: pages of 4 KiB, of which only those that were ever written take room; the others are zeros.
 * It knows which pages were written since somebody last asked. Guest side: no key is ever in it (row S13).
 */
export class GuestMemory {
  readonly #pages = new Map<number, Uint8Array>();
  #dirty = new Set<number>();

  /** @param sizeBytes a multiple of a page */
  constructor(readonly sizeBytes: number) {
    assert(sizeBytes > 0 && sizeBytes % MEMORY_PAGE_BYTES === 0, 'memory has whole pages');
  }

  get pageCount(): number {
    return this.sizeBytes / MEMORY_PAGE_BYTES;
  }

  /** How many pages take room. */
  get residentPages(): number {
    return this.#pages.size;
  }

  /** Fills the buffer from that place on; it must lie within the memory. */
  read(buffer: Uint8Array, offsetBytes: number): void {
    this.#eachPart(buffer.length, offsetBytes, (page, from, at, lengthBytes) => {
      const held = this.#pages.get(page)?.subarray(from, from + lengthBytes);
      if (held === undefined) buffer.fill(0, at, at + lengthBytes);
      else buffer.set(held, at);
    });
  }

  /** Writes at that place; it must lie within the memory. */
  write(bytes: Uint8Array, offsetBytes: number): void {
    this.#eachPart(bytes.length, offsetBytes, (page, from, at, lengthBytes) => {
      this.#pageFor(page).set(bytes.subarray(at, at + lengthBytes), from);
      this.#dirty.add(page);
    });
  }

  /** Puts back what was there before (from a file, from another host): pages of it are not dirty. Zeros take no room. */
  load(bytes: Uint8Array, offsetBytes: number): void {
    this.#eachPart(bytes.length, offsetBytes, (page, from, at, lengthBytes) => {
      const part = bytes.subarray(at, at + lengthBytes);
      if (this.#pages.has(page) || !isZero(part)) this.#pageFor(page).set(part, from);
    });
  }

  /** A page that takes room, as it is; null for one that does not. */
  page(number: number): Uint8Array | null {
    return this.#pages.get(number) ?? null;
  }

  /** The pages that take room, by number. The bytes are the memory's own. */
  *pages(): Generator<readonly [number: number, bytes: Uint8Array]> {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const bytes = this.#pages.get(number);
      if (bytes !== undefined) yield [number, bytes];
    }
  }

  /** The pages written since this was last called, by number: what a move still has to send. */
  takeDirty(): readonly number[] {
    const dirty = [...this.#dirty].sort((a, b) => a - b);
    this.#dirty = new Set();
    return dirty;
  }

  /** Lets go of a page, which reads as zeros from then on. */
  release(number: number): void {
    this.#pages.get(number)?.fill(0);
    this.#pages.delete(number);
  }

  /** Forgets everything: the power is gone. */
  clear(): void {
    for (const bytes of this.#pages.values()) bytes.fill(0);
    this.#pages.clear();
    this.#dirty.clear();
  }

  #pageFor(number: number): Uint8Array {
    const held = this.#pages.get(number);
    if (held !== undefined) return held;
    const made = new Uint8Array(MEMORY_PAGE_BYTES);
    this.#pages.set(number, made);
    return made;
  }

  /** Cuts a range at the borders of pages: page, place in it, place in the buffer, length. */
  #eachPart(
    lengthBytes: number,
    offsetBytes: number,
    visit: (page: number, from: number, at: number, lengthBytes: number) => void,
  ): void {
    assert(offsetBytes >= 0 && offsetBytes + lengthBytes <= this.sizeBytes, 'outside of the memory');
    for (let at = 0; at < lengthBytes; ) {
      const from = (offsetBytes + at) % MEMORY_PAGE_BYTES;
      const part = Math.min(MEMORY_PAGE_BYTES - from, lengthBytes - at);
      visit((offsetBytes + at - from) / MEMORY_PAGE_BYTES, from, at, part);
      at += part;
    }
  }
}
