import { type Clock, exists, type FileSystem } from '@vcryptsim/ports';
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

/** What the files under a folder may take together. */
export interface Quota {
  readonly capacityBytes: number;
  readonly folder: string;
}

/**
 * One medium of a world: it may be full, fail, be late or lie, and what is not durable is lost when its power goes.
 *
 *     machines --- FaultyFileSystem --- PowerCutFileSystem --- the run's folder
 */
export class Disk {
  readonly #faulty: FaultyFileSystem;
  readonly #powered: PowerCutFileSystem;
  readonly #clock: Clock;
  readonly #quota: Quota | null;
  #end: (() => void) | null = null;
  #endQuota: (() => void) | null = null;

  /**
   * @param clock counts how late it is
   * @param quota what its files may take together; null for as much as there is
   */
  constructor(base: FileSystem, clock: Clock, quota: Quota | null = null) {
    this.#quota = quota;
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
  async lose(survivors: Survivors): Promise<void> {
    await this.#powered.powerOn(survivors);
    await this.measure();
  }

  /** Looks how full it is, where it has a capacity. A file counts with its whole length, also where it has holes [ours O51]. */
  async measure(): Promise<void> {
    if (this.#quota === null) return;
    const { capacityBytes, folder } = this.#quota;
    const roomBytes = Math.max(0, capacityBytes - (await lengthOf(this.#powered, folder)));
    this.#endQuota?.();
    this.#endQuota = this.#faulty.set({ kind: 'little-room', roomBytes });
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

/** Lengths of all files under a folder; of none where it is not there yet. */
async function lengthOf(files: FileSystem, folder: string): Promise<number> {
  if (!(await exists(files, folder))) return 0;
  let bytes = 0;
  for (const name of await files.readdir(folder)) {
    const { kind, sizeBytes } = await files.lstat(`${folder}/${name}`);
    if (kind === 'folder') bytes += await lengthOf(files, `${folder}/${name}`);
    else if (kind === 'file') bytes += sizeBytes;
  }
  return bytes;
}
