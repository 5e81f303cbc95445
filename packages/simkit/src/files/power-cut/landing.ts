import type { MemoryFile } from '../memory-file.js';
import type { WriteEffect } from './effects.js';
import { SECTOR_BYTES } from './survivors.js';

/** How much of one effect is on the medium. */
export type Part =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** Of a write the length that it gives the file, and no byte. */
  | { readonly kind: 'length' }
  /** Of a write so many bytes from its start; where it is hollow, the whole length too, and the rest is zeros. */
  | { readonly kind: 'first'; readonly keptBytes: number; readonly isHollow: boolean }
  /** Of a write the pieces that these sectors of the file have, counted from the one in which the write begins. */
  | { readonly kind: 'sectors'; readonly landed: readonly boolean[]; readonly hasLength: boolean };

export const NONE: Part = { kind: 'none' };
export const ALL: Part = { kind: 'all' };
export const LENGTH: Part = { kind: 'length' };

/** The same for parts that land the same. */
export function signatureOf(part: Part): string {
  switch (part.kind) {
    case 'first':
      return `${part.keptBytes}${part.isHollow ? 'h' : ''}`;
    case 'sectors':
      return `${part.hasLength ? 'l' : 's'}${part.landed.map(Number).join('')}`;
    default:
      return part.kind;
  }
}

/** How many sectors of the file a write touches. */
export function sectorCount({ offsetBytes, bytes }: WriteEffect): number {
  const first = Math.floor(offsetBytes / SECTOR_BYTES);
  return Math.ceil((offsetBytes + bytes.length) / SECTOR_BYTES) - first;
}

/** Where the write crosses from one sector of the file to the next, in bytes from its start. */
export function* sectorBorders({ offsetBytes, bytes }: WriteEffect): Generator<number> {
  for (let at = SECTOR_BYTES - (offsetBytes % SECTOR_BYTES); at < bytes.length; at += SECTOR_BYTES) yield at;
}

/** Pieces of a write, as bytes from its start: what does not count any more is left out. */
type Pieces = (fromBytes: number, toBytes: number) => Iterable<readonly [fromBytes: number, toBytes: number]>;

/** Puts a part of a write into a file. */
export function landWrite(file: MemoryFile, write: WriteEffect, part: Part, pieces: Pieces): void {
  const { offsetBytes, bytes } = write;
  const endBytes = offsetBytes + bytes.length;
  const put = (fromBytes: number, toBytes: number) => {
    for (const [from, to] of pieces(fromBytes, toBytes)) file.write(bytes.subarray(from, to), offsetBytes + from);
  };
  const grow = () => {
    if (endBytes > file.sizeBytes) file.truncate(endBytes);
  };
  switch (part.kind) {
    case 'none':
      break;
    case 'all':
      put(0, bytes.length);
      break;
    case 'length':
      grow();
      break;
    case 'first':
      if (part.isHollow) grow();
      put(0, part.keptBytes);
      break;
    case 'sectors': {
      if (part.hasLength) grow();
      const borders = [0, ...sectorBorders(write), bytes.length];
      // What is beyond the length that landed cannot be seen.
      const limit = Math.min(bytes.length, file.sizeBytes - offsetBytes);
      for (const [index, from] of borders.entries())
        if (part.landed[index] && from < limit) put(from, Math.min(borders[index + 1] ?? limit, limit));
    }
  }
}
