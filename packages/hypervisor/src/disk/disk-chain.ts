import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { Extent } from './extent.js';
import type { ByteRange } from './range-waits.js';
import { zeroWhatIsNot } from './zeros.js';

/**
 * Opens the links of a disk as one extent: each sector is read from the topmost link that has it, and all is written to the
 * top. Bytes are those of the files: where the disk is encrypted all links have one DEK and tweaks of the disk, so that it
 * does not matter in which link a data unit lies.
 *
 * @param links from the top to the base; a link may be smaller than those above it, and is zeros beyond its end
 * @returns the one link itself where there is no other; it closes all
 */
export function openChain(links: readonly [Extent, ...Extent[]]): Extent {
  const [top, ...others] = links;
  return others.length === 0 ? top : new DiskChain(links);
}

class DiskChain implements Extent {
  readonly capacity: SectorCount;
  readonly #links: readonly [Extent, ...Extent[]];

  constructor(links: readonly [Extent, ...Extent[]]) {
    this.capacity = links[0].capacity;
    this.#links = links;
  }

  read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    return readFrom(this.#links, buffer, offsetBytes);
  }

  write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#links[0].write(bytes, offsetBytes);
  }

  async allocatedRanges(offsetBytes: number, lengthBytes: number): Promise<readonly ByteRange[]> {
    const all: ByteRange[] = [];
    for (const link of this.#links) {
      const length = lengthIn(link, offsetBytes, lengthBytes);
      if (length > 0) all.push(...(await link.allocatedRanges(offsetBytes, length)));
    }
    return joined(all);
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    return zeroWhatIsNot(this, offsetBytes, lengthBytes, (zeros, at) => this.#links[0].write(zeros, at));
  }

  discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.writeZeroes(offsetBytes, lengthBytes);
  }

  flush(): Promise<void> {
    return this.#links[0].flush();
  }

  async close(): Promise<void> {
    const ends = await Promise.allSettled(this.#links.map((link) => link.close()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

/** Reads what the first link has, and the gaps from those below. */
async function readFrom(links: readonly Extent[], buffer: Uint8Array, offsetBytes: number): Promise<void> {
  const [link, ...below] = links;
  const length = link === undefined ? 0 : lengthIn(link, offsetBytes, buffer.length);
  if (length < buffer.length) buffer.fill(0, length);
  if (link === undefined || length === 0) return;
  if (below.length === 0) return link.read(buffer.subarray(0, length), offsetBytes);
  const part = ({ startBytes, endBytes }: ByteRange): Uint8Array =>
    buffer.subarray(startBytes - offsetBytes, endBytes - offsetBytes);
  const gap = (startBytes: number, endBytes: number): Promise<void> =>
    readFrom(below, part({ startBytes, endBytes }), startBytes);
  let doneBytes = offsetBytes;
  for (const range of await link.allocatedRanges(offsetBytes, length)) {
    if (doneBytes < range.startBytes) await gap(doneBytes, range.startBytes);
    await link.read(part(range), range.startBytes);
    doneBytes = range.endBytes;
  }
  if (doneBytes < offsetBytes + length) await gap(doneBytes, offsetBytes + length);
}

function lengthIn(link: Extent, offsetBytes: number, lengthBytes: number): number {
  return Math.max(0, Math.min(lengthBytes, link.capacity * SECTOR_SIZE_BYTES - offsetBytes));
}

/** Ranges in order, those that overlap or touch made one. */
function joined(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const result: ByteRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.startBytes - b.startBytes)) {
    const last = result.at(-1);
    if (last === undefined || last.endBytes < range.startBytes) result.push(range);
    else result[result.length - 1] = { ...last, endBytes: Math.max(last.endBytes, range.endBytes) };
  }
  return result;
}
