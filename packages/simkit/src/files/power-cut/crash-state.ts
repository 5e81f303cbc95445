import type { MemoryFileSystem } from '../memory-file-system.js';
import type { SeededDraw } from './survivors.js';

/**
 * What a crash state is about (facts/reliability.md section 1.4, a to f).
 * - `clean`: all that was called is on the medium: what a process that is killed leaves.
 * - `unsynced lost`: nothing but what an fsync made durable.
 * - `torn`: the last write is cut at a 512-byte border of its file; where it makes the file longer also with the whole
 *   length and zeros. A rename to another folder is cut between its two names.
 * - `torn in a sector`: the same inside a sector.
 * - `reordered`: what came before and was not durable is lost, and the last operation landed.
 * - `one lost`, `one landed`: of all that is pending on one file's content or one folder's names.
 * - `hollow`: a file has its new length and zeros.
 * - `subset`: drawn by the seed, sector by sector and name by name.
 */
export type CrashFamily =
  | 'clean'
  | 'unsynced lost'
  | 'torn'
  | 'torn in a sector'
  | 'reordered'
  | 'one lost'
  | 'one landed'
  | 'hollow'
  | 'subset';

/** A medium as a cut may leave it. */
export interface CrashState {
  /** Names it among the states of this log and these options: `op 17 write /a: torn at 1024`. */
  readonly name: string;
  readonly family: CrashFamily;
  /** So many operations had been answered when the cut came. */
  readonly afterOperation: number;
  /** Its own; may be put under a {@link CrashLog} again, for a crash in the recovery. */
  readonly files: MemoryFileSystem;
}

/** Which states are wanted. */
export interface CrashOptions {
  /** Only cuts in or after operation `from` and up to the end of operation `to`; default all. Numbers begin at 1. */
  readonly from?: number;
  readonly to?: number;
  readonly families?: readonly CrashFamily[];
  /** Decides what is drawn: subsets, places inside sectors, the sample. Default 1. */
  readonly seed?: number;
  /** Random subsets after each operation; default 16. */
  readonly subsets?: number;
  /** Cuts inside each sector of the last write; default 1. */
  readonly cutsInSector?: number;
  /** More places to cut a write of this length at, in bytes from its start. */
  readonly tornAt?: (lengthBytes: number) => Iterable<number>;
  /** At most so many, spread evenly over all by the seed; default all. */
  readonly sample?: number;
  /** The one state of this name. */
  readonly only?: string;
}

/** A state that is not built yet. Valid until the next one is asked for. */
export interface PlannedState {
  readonly name: string;
  readonly family: CrashFamily;
  readonly afterOperation: number;
  readonly build: () => MemoryFileSystem;
}

/** The options with their defaults, and the chance of one operation. */
export interface Plan {
  readonly subsets: number;
  readonly cutsInSector: number;
  readonly tornAt: (lengthBytes: number) => Iterable<number>;
  readonly draw: SeededDraw;
}
