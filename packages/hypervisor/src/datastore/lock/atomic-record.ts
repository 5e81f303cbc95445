import { FileError, type FileSystem, makeFolders, readWhole } from '@vcryptsim/ports';

/** A record as it was read: what it says, and the number of that state. */
export interface RecordState {
  readonly number: number;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Nothing here is larger. */
const RECORD_BYTES_MAX = 4096;

/** How often a record that changes while it is read is tried for again. */
const TRIES = 8;

/**
 * A small record that hosts in several processes change by test and set: what a compare-and-write of a sector (ATS) is on
 * VMFS, made of names [ours O22]. State 7 of `web.vmx.lck` is the file `web.vmx.lck.7`; the highest number is the record.
 *
 * - Who wants to set state 8 writes it beside, whole and durable, and links it there: one host can. Numbers only grow and
 *   none is used twice, so a host that slept meanwhile sets what is past, and sees that when it looks again.
 * - Its owner may write into its own state in place (a heartbeat). It looks afterwards whether there is a next state, and
 *   who sets that looks afterwards whether the bytes it went by are still there: of the two at least one sees the other,
 *   and gives way.
 *
 * The same scheme for our own folders: docs/decisions/0011-one-lock.md.
 */
export class AtomicRecord {
  constructor(
    readonly files: FileSystem,
    /** Absolute path of the datastore. */
    readonly volume: string,
    /** Absolute, on the datastore; made when it is missing. */
    readonly folder: string,
    readonly name: string,
    /** Of who sets: names what is written beside. */
    readonly tag: string,
  ) {}

  /** The record as it is now; null when nobody has set it yet. */
  async read(): Promise<RecordState | null> {
    for (let tries = 1; ; tries += 1) {
      const number = Math.max(0, ...(await this.#numbers()));
      if (number === 0) return null;
      const path = this.#pathOf(number);
      try {
        return { number, path, bytes: await readWhole(this.files, path, RECORD_BYTES_MAX) };
      } catch (error) {
        if (!isCode(error, 'NOT_FOUND') || tries === TRIES) throw error;
      }
    }
  }

  /** The states of all records in the folder, this one too, as far as they stay while they are read. */
  async readNeighbours(): Promise<readonly RecordState[]> {
    const states: RecordState[] = [];
    for (const name of await this.files.readdir(this.folder)) {
      const [, digits] = /\.([1-9][0-9]{0,14})$/.exec(name) ?? [];
      if (digits === undefined) continue;
      const path = `${this.folder}/${name}`;
      try {
        states.push({ number: Number(digits), path, bytes: await readWhole(this.files, path, RECORD_BYTES_MAX) });
      } catch (error) {
        if (!isCode(error, 'NOT_FOUND')) throw error;
      }
    }
    return states;
  }

  /**
   * Sets the state after the one that was seen.
   *
   * @param seen what `read` answered
   * @param goesByBytes whether an owner who wrote into `seen` since then keeps it
   * @returns the new state, durable; null when the record is no longer what was seen: nothing was changed
   */
  async set(seen: RecordState | null, bytes: Uint8Array, goesByBytes: boolean): Promise<RecordState | null> {
    const number = (seen?.number ?? 0) + 1;
    const path = this.#pathOf(number);
    if (!(await this.#link(bytes, path))) return null;
    const numbers = await this.#numbers();
    const isPast = Math.max(...numbers) !== number;
    if (isPast || (goesByBytes && seen !== null && !(await this.#isStill(seen)))) {
      await this.#remove(path);
      return null;
    }
    await this.files.fsyncFolder(this.folder);
    // In this order: where a later state is gone, all earlier ones are.
    for (const past of numbers.filter((each) => each < number).sort((a, b) => a - b)) {
      await this.#remove(this.#pathOf(past));
    }
    return { number, path, bytes };
  }

  /** Writes into a state that the caller set. False when it is the record no longer. */
  async refresh(own: RecordState, bytes: Uint8Array): Promise<boolean> {
    try {
      const handle = await this.files.open(own.path, { access: 'write' });
      try {
        await handle.pwrite(bytes, 0);
      } finally {
        await handle.close();
      }
      return await this.isCurrent(own);
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }

  /** Whether a state is the record still. The next one is looked for first: it goes only after this one. */
  async isCurrent({ number, path }: RecordState): Promise<boolean> {
    return !(await this.#isThere(this.#pathOf(number + 1))) && (await this.#isThere(path));
  }

  async #link(bytes: Uint8Array, path: string): Promise<boolean> {
    const beside = `${this.folder}/${this.name}.${this.tag}`;
    await this.#writeBeside(beside, bytes);
    try {
      await this.files.link(beside, path);
      return true;
    } catch (error) {
      if (isCode(error, 'EXISTS')) return false;
      throw error;
    } finally {
      await this.#remove(beside);
    }
  }

  async #writeBeside(beside: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.#create(beside);
    try {
      await handle.pwrite(bytes, 0);
      await handle.fsync();
    } finally {
      await handle.close();
    }
  }

  async #create(beside: string): ReturnType<FileSystem['open']> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.files.open(beside, { access: 'write', create: 'exclusive' });
      } catch (error) {
        if (tries === TRIES) throw error;
        // A cut left what is beside; it is named after who sets, so it is nobody else's.
        if (isCode(error, 'EXISTS')) await this.#remove(beside);
        else if (isCode(error, 'NOT_FOUND')) await this.#makeFolder(error);
        else throw error;
      }
    }
  }

  /** Never the datastore itself. */
  async #makeFolder(cause: unknown): Promise<void> {
    if (!(await this.#isThere(this.volume))) throw cause;
    await makeFolders(this.files, this.folder);
  }

  async #numbers(): Promise<readonly number[]> {
    const start = `${this.name}.`;
    try {
      const names = await this.files.readdir(this.folder);
      return names
        .filter((name) => name.startsWith(start) && /^[1-9][0-9]{0,14}$/.test(name.slice(start.length)))
        .map((name) => Number(name.slice(start.length)));
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return [];
      throw error;
    }
  }

  async #isStill(seen: RecordState): Promise<boolean> {
    try {
      return sameBytes(await readWhole(this.files, seen.path, RECORD_BYTES_MAX), seen.bytes);
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      await this.files.lstat(path);
      return true;
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }

  async #remove(path: string): Promise<void> {
    await this.files.unlink(path).catch((error: unknown) => {
      if (!isCode(error, 'NOT_FOUND')) throw error;
    });
  }

  #pathOf(number: number): string {
    return `${this.folder}/${this.name}.${number}`;
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function isCode(error: unknown, code: FileError['code']): boolean {
  return error instanceof FileError && error.code === code;
}
