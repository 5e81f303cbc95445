import { assert } from '@vcryptsim/ports';
import type { GuestMemoryPort } from './attached-memory.js';
import { MEMORY_PAGE_BYTES } from './guest-memory.js';

const SECTOR_BYTES = 512;
/** The first page of memory holds the program's own number of steps; it writes behind it. */
const COUNTER_BYTES = 8;
const MAGIC = 0x56435047;

/** A disk, as far as a program needs one; a guest's device is one. */
export interface ProgramDisk<Index extends number = number> {
  readonly capacity: number;
  readSectors(start: Index, buffer: Uint8Array): Promise<void>;
  writeSectors(start: Index, bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

/** What the program runs with, and how much it does. */
export interface ProgramOptions<Index extends number = number> {
  readonly seed: number;
  readonly memory: GuestMemoryPort;
  readonly disk: ProgramDisk<Index>;
  /** How a number becomes a sector's. */
  readonly sector: (index: number) => Index;
  /** Pages and sectors that each step writes. Default: 8 and 8. */
  readonly pagesPerStep?: number;
  readonly sectorsPerStep?: number;
  /** It writes within so many pages and sectors. Default: all, at most 1,024 of each. */
  readonly pages?: number;
  readonly sectors?: number;
}

/** What a look at everything the program has written found. */
export interface ProgramState {
  /** How many steps it has done, as its memory says; null where its memory is not there. */
  readonly steps: number | null;
  /** Pages and sectors that are not what those steps make of them. */
  readonly wrongPages: readonly number[];
  readonly wrongSectors: readonly number[];
}

/**
 * A program that runs in a guest: each step writes some pages of memory and some sectors of a disk, all of it determined by the
 * seed and the number of the step, which is kept in memory. So whoever has the seed can say byte by byte what a machine must
 * hold after a revert, a resume or a move. It sees no key and no file (row S13).
 */
export class GuestProgram<Index extends number = number> {
  constructor(private readonly o: ProgramOptions<Index>) {}

  /** Starts anew: no step is done. What is on the disk stays. */
  async begin(): Promise<void> {
    await this.#setSteps(0);
  }

  /**
   * Goes on where its memory says that it is.
   *
   * @returns how many steps are done then
   */
  async run(steps: number): Promise<number> {
    let done = await this.#steps();
    assert(done !== null, 'the program was never begun, or its memory is lost');
    for (let left = steps; left > 0; left -= 1) {
      done += 1;
      const writes = this.#writesOf(done);
      for (const [page, bytes] of writes.pages) await this.o.memory.write(bytes, page * MEMORY_PAGE_BYTES);
      for (const [sector, bytes] of writes.sectors) await this.o.disk.writeSectors(this.o.sector(sector), bytes);
      await this.#setSteps(done);
    }
    await this.o.disk.flush();
    return done;
  }

  /** Compares memory and disk with what so many steps make of them; what no step wrote is not looked at. */
  async check(): Promise<ProgramState> {
    const steps = await this.#steps();
    if (steps === null) return { steps, wrongPages: [], wrongSectors: [] };
    const expected = { pages: new Map<number, Uint8Array>(), sectors: new Map<number, Uint8Array>() };
    for (let step = 1; step <= steps; step += 1) {
      const writes = this.#writesOf(step);
      for (const [page, bytes] of writes.pages) expected.pages.set(page, bytes);
      for (const [sector, bytes] of writes.sectors) expected.sectors.set(sector, bytes);
    }
    const wrongPages: number[] = [];
    const page = new Uint8Array(MEMORY_PAGE_BYTES);
    for (const [number, bytes] of expected.pages) {
      await this.o.memory.read(page, number * MEMORY_PAGE_BYTES);
      if (differ(page, bytes)) wrongPages.push(number);
    }
    const wrongSectors: number[] = [];
    const sector = new Uint8Array(SECTOR_BYTES);
    for (const [number, bytes] of expected.sectors) {
      await this.o.disk.readSectors(this.o.sector(number), sector);
      if (differ(sector, bytes)) wrongSectors.push(number);
    }
    return { steps, wrongPages, wrongSectors };
  }

  async #steps(): Promise<number | null> {
    const counter = new Uint8Array(COUNTER_BYTES);
    await this.o.memory.read(counter, 0);
    const view = new DataView(counter.buffer);
    return view.getUint32(0) === MAGIC ? view.getUint32(4) : null;
  }

  async #setSteps(steps: number): Promise<void> {
    const counter = new Uint8Array(COUNTER_BYTES);
    const view = new DataView(counter.buffer);
    view.setUint32(0, MAGIC);
    view.setUint32(4, steps);
    await this.o.memory.write(counter, 0);
  }

  #writesOf(step: number): { pages: Map<number, Uint8Array>; sectors: Map<number, Uint8Array> } {
    const { seed, memory, disk, pagesPerStep = 8, sectorsPerStep = 8 } = this.o;
    const pageCount = this.o.pages ?? Math.min(1024, memory.sizeBytes / MEMORY_PAGE_BYTES);
    const sectorCount = this.o.sectors ?? Math.min(1024, disk.capacity);
    const next = numbers(seed, step);
    const pages = new Map<number, Uint8Array>();
    const sectors = new Map<number, Uint8Array>();
    for (let write = 0; write < pagesPerStep && pageCount > 1; write += 1) {
      pages.set(1 + (next() % (pageCount - 1)), filled(MEMORY_PAGE_BYTES, next));
    }
    for (let write = 0; write < sectorsPerStep; write += 1) {
      sectors.set(next() % sectorCount, filled(SECTOR_BYTES, next));
    }
    return { pages, sectors };
  }
}

function filled(lengthBytes: number, next: () => number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < lengthBytes; at += 4) view.setUint32(at, next());
  return bytes;
}

/** Numbers of 32 bits by Marsaglia's xorshift, from a start that seed and step determine. */
function numbers(seed: number, step: number): () => number {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35)) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

function differ(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((byte, at) => byte !== b[at]);
}
