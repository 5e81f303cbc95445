import type { FileSystem } from '@vcryptsim/ports';
import { BlockHashes, countDistinct, countShared } from './block-hashes.js';
import { BLOCK_BYTES, type DiskBlocks, measureDisk } from './measure-disk.js';
import { findStoredDisks, type StoredDisk, type StoredDiskState } from './stored-disks.js';

/** Disks of which each is compared with each other; the number of pairs grows with its square. */
export const COMPARED_DISKS_MAX = 64;

/** One disk in figures. Shares are of its blocks that are not zeros, from 0 to 1; null where it has none. */
export interface DiskStats {
  readonly name: string;
  readonly state: StoredDiskState;
  readonly keyId: string | null;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly zeroBlocks: number;
  readonly writtenBlocks: number;
  /** Blocks of which the same disk has another one before. */
  readonly repeatedShare: number | null;
  /** Size after zlib, block by block; a block that does not get smaller counts as it is. */
  readonly packedShare: number | null;
}

/** What two disks have to do with each other by their descriptors. */
export type PairRelation = 'plain' | 'same-key' | 'other-key' | 'encrypted-and-plain' | 'unknown';

/** Two disks side by side. */
export interface PairStats {
  /** Names of the disks. */
  readonly disks: readonly [string, string];
  readonly relation: PairRelation;
  /** Blocks of both that the other one has too, wherever in it, of all blocks of both that are not zeros. */
  readonly sharedShare: number | null;
}

/** All disks of one state, as an array would store them that leaves out zeros, keeps equal blocks once and compresses. */
export interface StateStats {
  readonly state: StoredDiskState;
  readonly disks: number;
  readonly sizeBytes: number;
  readonly writtenBytes: number;
  /** Equal blocks counted once, also across disks. */
  readonly distinctBytes: number;
  /** The same, compressed. */
  readonly storedBytes: number;
}

/** What {@link measureDatastore} found. */
export interface DatastoreStats {
  readonly blockSizeBytes: number;
  /** Shares of equal blocks come from one hash value in so many; 1: from all. */
  readonly countedOneIn: number;
  readonly disks: readonly DiskStats[];
  /** Empty where there are more than {@link COMPARED_DISKS_MAX} disks. */
  readonly pairs: readonly PairStats[];
  readonly states: readonly StateStats[];
  /** What was not counted, and why. */
  readonly notes: readonly string[];
}

/** How a datastore is measured. */
export interface MeasureOptions {
  /** Called once with the bytes that will be read. */
  readonly onFound?: (sizeBytes: number) => void;
  readonly onRead?: (bytes: number) => void;
  /** Hashes that are kept at most; for tests. */
  readonly hashesMax?: number;
}

/**
 * Measures what an array below a datastore could save: which blocks are zeros, which are equal within a disk and across
 * disks, how small they get (row S22). Everything is read once, as it is in the files; no key is used.
 *
 * @param root the folder, absolute
 * @throws FileError
 */
export async function measureDatastore(
  files: FileSystem,
  root: string,
  o: MeasureOptions = {},
): Promise<DatastoreStats> {
  const { disks, notes } = await findStoredDisks(files, root);
  o.onFound?.(disks.reduce((sum, disk) => sum + sizeOf(disk), 0));
  const hashes = new BlockHashes(o.hashesMax);
  const measured: DiskBlocks[] = [];
  for (const disk of disks) measured.push(await measureDisk(files, disk, hashes, (bytes) => o.onRead?.(bytes)));
  const sorted = disks.map((_, at) => hashes.sorted(at));
  const stats = disks.map((disk, at) => diskStats(disk, measured[at], sorted[at] ?? new Float64Array()));
  return {
    blockSizeBytes: BLOCK_BYTES,
    countedOneIn: hashes.oneIn,
    disks: stats,
    pairs: disks.length > COMPARED_DISKS_MAX ? [] : pairsOf(disks, sorted),
    states: statesOf(stats, sorted),
    notes,
  };
}

function sizeOf({ extents }: StoredDisk): number {
  return extents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function diskStats(disk: StoredDisk, measured: DiskBlocks | undefined, sorted: Float64Array): DiskStats {
  const { blocks = 0, zeroBlocks = 0, packedFromBytes = 0, packedToBytes = 0 } = measured ?? {};
  const { name, state, keyId } = disk;
  return {
    ...{ name, state, keyId },
    sizeBytes: sizeOf(disk),
    blocks,
    zeroBlocks,
    writtenBlocks: blocks - zeroBlocks,
    repeatedShare: shareOf(sorted.length - countDistinct(sorted), sorted.length),
    packedShare: shareOf(packedToBytes, packedFromBytes),
  };
}

function pairsOf(disks: readonly StoredDisk[], sorted: readonly Float64Array[]): PairStats[] {
  return disks.flatMap((a, atA) =>
    disks.slice(atA + 1).map((b, after): PairStats => {
      const hashesA = sorted[atA] ?? new Float64Array();
      const hashesB = sorted[atA + 1 + after] ?? new Float64Array();
      return {
        disks: [a.name, b.name],
        relation: relationOf(a, b),
        sharedShare: shareOf(countShared(hashesA, hashesB), hashesA.length + hashesB.length),
      };
    }),
  );
}

function relationOf(a: StoredDisk, b: StoredDisk): PairRelation {
  if (a.state === 'unknown' || b.state === 'unknown') return 'unknown';
  if (a.state !== b.state) return 'encrypted-and-plain';
  if (a.state === 'plain') return 'plain';
  // Without both numbers nobody can say whether the key is the same.
  if (a.keyId === null || b.keyId === null) return 'unknown';
  return a.keyId === b.keyId ? 'same-key' : 'other-key';
}

function statesOf(disks: readonly DiskStats[], sorted: readonly Float64Array[]): StateStats[] {
  const states: readonly StoredDiskState[] = ['plain', 'encrypted', 'unknown'];
  return states.flatMap((state): StateStats[] => {
    const ofState = disks.flatMap((disk, at) => (disk.state === state ? [{ disk, hashes: sorted[at] }] : []));
    if (ofState.length === 0) return [];
    const all = joined(ofState.map(({ hashes }) => hashes ?? new Float64Array()));
    const sum = (value: (disk: DiskStats) => number) => ofState.reduce((total, { disk }) => total + value(disk), 0);
    const writtenBytes = sum(({ writtenBlocks }) => writtenBlocks) * BLOCK_BYTES;
    const distinctBytes = Math.round(writtenBytes * (shareOf(countDistinct(all), all.length) ?? 0));
    const packedBytes = sum(({ writtenBlocks, packedShare }) => writtenBlocks * BLOCK_BYTES * (packedShare ?? 1));
    const storedBytes = Math.round(distinctBytes * (shareOf(packedBytes, writtenBytes) ?? 0));
    const sizeBytes = sum((disk) => disk.sizeBytes);
    return [{ state, disks: ofState.length, sizeBytes, writtenBytes, distinctBytes, storedBytes }];
  });
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all.sort();
}

function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
