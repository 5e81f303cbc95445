import type { FileSystem } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';

/** What a cut is like, and what was answered when it came. */
export interface Cut {
  /** Names the state: scenario, seed and this are enough to have it again. */
  readonly name: string;
  /** So many steps of the work had been answered: what they did may never be lost. */
  readonly answered: number;
  /** A write was cut inside a sector of 512 bytes: of data that was not made durable, that sector may be anything. */
  readonly isInSector: boolean;
  /** It came in the work or after it, and not in a recovery, and no call failed before. */
  readonly isInWork: boolean;
}

/** A process that is up, before its work. */
export interface Process {
  /** Does the work that is cut, and calls `answered` after each step that was acknowledged. */
  work(answered: () => void): Promise<void>;
  /** A call failed, and the process goes on: what has to hold in the same process. */
  goOn?(): Promise<void>;
}

/** What was found in a state that has nothing wrong. */
export interface Seen {
  /** So many steps of the work are on the medium: at least those that were answered. */
  readonly steps: number;
  /** Whether the work was issued again and came to its end, or the recovery had ended it. */
  readonly isResumed: boolean;
}

/** An operation whose every cut is looked at. */
export interface Scenario {
  readonly name: string;
  /** What is on the medium before, all of it durable. */
  prepare(): Promise<MemoryFileSystem>;
  /** Starts the process that does the work. */
  start(files: FileSystem): Promise<Process>;
  /** What a fresh process does with what a cut left, up to where the user has his data again. */
  recover(files: FileSystem): Promise<void>;
  /**
   * Looks at what a cut left with fresh processes, which have the medium and the ports and nothing else, and issues the work
   * again.
   *
   * @throws Loss
   */
  check(files: MemoryFileSystem, cut: Cut): Promise<Seen>;
}

/**
 * A promise was not kept: `lost` for data, a VM or an answer that is gone, a stray file, plaintext where none may be;
 * `unopenable` where a fresh process refuses what it must open.
 */
export class Loss extends Error {
  override readonly name = 'Loss';
  constructor(
    readonly kind: 'lost' | 'unopenable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Throws a {@link Loss} unless it holds. */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Loss('lost', what());
}

/** Runs what may not fail: a refusal is a {@link Loss}. */
export async function mustOpen<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Loss) throw error;
    throw new Loss('unopenable', `${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
