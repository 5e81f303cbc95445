import type { Clock, FileSystem } from '@vcryptsim/ports';
import { FaultyFileSystem, type FileFault, PowerCutFileSystem, type Survivors } from '@vcryptsim/simkit';

/** What is wrong with a disk. */
export type DiskFault =
  /** Files can grow by so many bytes more, by none where nothing is said: then nothing at all can be written. */
  | { readonly mode: 'full'; readonly roomBytes?: number }
  /** One call fails, the `atCall`-th from now (1 is the next). */
  | { readonly mode: 'io-error'; readonly atCall: number }
  /** Each call takes so long. */
  | { readonly mode: 'late'; readonly delayMs: number }
  /** It says that things are durable, and they are not. */
  | { readonly mode: 'lying' };

/**
 * One medium of a world: it may be full, fail, be late or lie, and what is not durable is lost when its power goes.
 *
 *     machines --- FaultyFileSystem --- PowerCutFileSystem --- the run's folder
 */
export class Disk {
  readonly #faulty: FaultyFileSystem;
  readonly #powered: PowerCutFileSystem;
  readonly #clock: Clock;
  #end: (() => void) | null = null;

  /** @param clock counts how late it is */
  constructor(base: FileSystem, clock: Clock) {
    this.#powered = new PowerCutFileSystem(base);
    this.#faulty = new FaultyFileSystem(this.#powered);
    this.#clock = clock;
  }

  /** The files on it. */
  get files(): FileSystem {
    return this.#faulty;
  }

  /** Says whether something is wrong with it now. */
  get isFaulty(): boolean {
    return this.#end !== null;
  }

  /** Breaks it from now on; replaces an earlier fault. */
  set(fault: DiskFault): void {
    this.clear();
    this.#end = this.#faulty.set(this.#faultOf(fault));
  }

  /** Makes it sound again. */
  clear(): void {
    this.#end?.();
    this.#end = null;
  }

  /** Takes its power away and gives it back; of what was not durable `survivors` are left. @throws FileError */
  lose(survivors: Survivors): Promise<void> {
    return this.#powered.powerOn(survivors);
  }

  /** Lets go of what it holds open. */
  dispose(): Promise<void> {
    return this.#powered.dispose();
  }

  #faultOf(fault: DiskFault): FileFault {
    switch (fault.mode) {
      case 'full':
        return fault.roomBytes === undefined
          ? { kind: 'no-space', afterBytes: 0 }
          : { kind: 'little-room', roomBytes: fault.roomBytes };
      case 'io-error':
        return { kind: 'io-error', atCall: fault.atCall };
      case 'late':
        return { kind: 'late', delayMs: fault.delayMs, clock: this.#clock };
      case 'lying':
        return { kind: 'lying' };
    }
  }
}
