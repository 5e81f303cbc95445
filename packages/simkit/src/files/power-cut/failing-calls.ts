import type { FileSystem } from '@vcryptsim/ports';
import { FaultyFileSystem } from '../faulty-file-system.js';
import type { MemoryFileSystem } from '../memory-file-system.js';
import { CrashLog } from './crash-log.js';

/**
 * How a call fails: with IO; with NO_SPACE, of calls that need room; or, of a write, with NO_SPACE after its first half.
 */
export type CallFailure = 'io-error' | 'no-space' | 'short-write';

/** What becomes of the process: it gets the error and goes on, or it dies in that call, with the machine. */
export type Aftermath = 'goes-on' | 'dies';

/** One run in which one call fails. */
export interface FailingCall {
  /** `call 12 io-error, process dies`. */
  readonly name: string;
  readonly call: number;
  readonly failure: CallFailure;
  readonly aftermath: Aftermath;
  /** What to run on. After the process died every call fails, until `log.files.powerOn()`. */
  readonly files: FileSystem;
  /** What was done, for {@link crashStates}. */
  readonly log: CrashLog;
  /** Begins to count the calls: those before belong to the preparation. */
  arm(): void;
  /** Ends the counting, so that who looks at the outcome meets no fault. */
  disarm(): void;
  /** Whether the call was made. */
  readonly wasReached: boolean;
}

/** Which failures are wanted. */
export interface FailingCallOptions {
  readonly failures?: readonly CallFailure[];
  readonly aftermaths?: readonly Aftermath[];
  /** Fails call `first`, `first + every` and so on; default each from 1. */
  readonly first?: number;
  readonly every?: number;
}

/**
 * "Fail the n-th call, for n from 1, until it is not reached": run the same work on each, and arm it where the work to be
 * tried begins. An fsync that fails makes nothing durable, now or by the next one.
 *
 * @param start what the medium has before each run; it is not changed
 */
export function* failingCalls(start: MemoryFileSystem, options: FailingCallOptions = {}): Generator<FailingCall> {
  for (const failure of options.failures ?? (['io-error', 'no-space', 'short-write'] as const))
    for (const aftermath of options.aftermaths ?? (['goes-on', 'dies'] as const))
      for (let call = options.first ?? 1; ; call += options.every ?? 1) {
        const attempt = new Attempt(start.fork(), call, failure, aftermath);
        yield attempt;
        if (!attempt.wasReached) break;
      }
}

class Attempt implements FailingCall {
  readonly name: string;
  readonly log: CrashLog;
  readonly #faulty: FaultyFileSystem;
  #wasReached = false;
  #mend = () => {};

  constructor(
    memory: MemoryFileSystem,
    readonly call: number,
    readonly failure: CallFailure,
    readonly aftermath: Aftermath,
  ) {
    this.name = `call ${call} ${failure}, process ${aftermath}`;
    this.#faulty = new FaultyFileSystem(memory);
    this.log = new CrashLog(memory, () => this.#faulty);
  }

  get files(): FileSystem {
    return this.log.files;
  }

  get wasReached(): boolean {
    return this.#wasReached;
  }

  arm(): void {
    const onFailure = () => {
      this.#wasReached = true;
      // The error is the last that the process sees of this machine.
      if (this.aftermath === 'dies') void this.log.files.cut();
    };
    const code = this.failure === 'io-error' ? 'IO' : 'NO_SPACE';
    const leavesPart = this.failure === 'short-write';
    this.#mend = this.#faulty.set({ kind: 'call-fails', atCall: this.call, code, leavesPart, onFailure });
  }

  disarm(): void {
    this.#mend();
  }
}
