import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { Extent } from './extent.js';
import type { ByteRange } from './range-waits.js';

/** A delta extent in memory: it has the sectors that were written to it, and no other. */
export class MemoryExtent implements Extent {
  readonly capacity: SectorCount;
  readonly #sectors = new Map<number, Uint8Array>();

  constructor(capacity: SectorCount) {
    this.capacity = capacity;
  }

  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    for (const [sector, at] of sectorsIn(offsetBytes, buffer.length)) {
      const held = this.#sectors.get(sector);
      if (held === undefined) buffer.fill(0, at, at + SECTOR_SIZE_BYTES);
      else buffer.set(held, at);
    }
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    for (const [sector, at] of sectorsIn(offsetBytes, bytes.length)) {
      this.#sectors.set(sector, bytes.slice(at, at + SECTOR_SIZE_BYTES));
    }
  }

  async allocatedRanges(offsetBytes: number, lengthBytes: number): Promise<readonly ByteRange[]> {
    const ranges: ByteRange[] = [];
    for (const [sector, at] of sectorsIn(offsetBytes, lengthBytes)) {
      if (!this.#sectors.has(sector)) continue;
      const startBytes = offsetBytes + at;
      const endBytes = startBytes + SECTOR_SIZE_BYTES;
      const last = ranges.at(-1);
      if (last?.endBytes === startBytes) ranges[ranges.length - 1] = { startBytes: last.startBytes, endBytes };
      else ranges.push({ startBytes, endBytes });
    }
    return ranges;
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.write(new Uint8Array(lengthBytes), offsetBytes);
  }

  discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.writeZeroes(offsetBytes, lengthBytes);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Each sector of a range: its number, and where it begins in the range. */
function* sectorsIn(offsetBytes: number, lengthBytes: number): Generator<[sector: number, at: number]> {
  for (let at = 0; at < lengthBytes; at += SECTOR_SIZE_BYTES) yield [(offsetBytes + at) / SECTOR_SIZE_BYTES, at];
}
