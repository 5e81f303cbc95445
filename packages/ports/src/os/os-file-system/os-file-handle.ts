import { FileError, type FileHandle } from '../../file-system.js';
import type { OsFile } from './os-calls.js';
import { fileErrorOf } from './os-file-error.js';

/** Runs a call in its turn: at once, or after the earlier calls on the same path. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** One open file of the system: whole reads and writes, coded errors. */
export class OsFileHandle implements FileHandle {
  readonly #file: OsFile;
  readonly #path: string;
  readonly #writable: boolean;
  readonly #inTurn: InTurn;
  #closed = false;

  constructor(file: OsFile, path: string, writable: boolean, inTurn: InTurn) {
    this.#file = file;
    this.#path = path;
    this.#writable = writable;
    this.#inTurn = inTurn;
  }

  pread(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    return this.#call('read', async () => {
      let done = 0;
      while (done < buffer.length) {
        const count = await this.#file.read(buffer, done, offsetBytes + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  pwrite(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#change('write', async () => {
      for (let done = 0; done < buffer.length; ) done += await this.#file.write(buffer, done, offsetBytes + done);
    });
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#change('truncate', () => this.#file.truncate(sizeBytes));
  }

  fsync(): Promise<void> {
    return this.#call('fsync', () => this.#file.sync());
  }

  sizeBytes(): Promise<number> {
    return this.#call('stat', async () => (await this.#file.stat()).size);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const closing = this.#call('close', () => this.#file.close());
    this.#closed = true;
    await closing;
  }

  #change<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.#writable) return this.#call(operation, work);
    return Promise.reject(new FileError('NOT_PERMITTED', operation, this.#path));
  }

  async #call<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new FileError('CLOSED', operation, this.#path);
    try {
      return await this.#inTurn(work);
    } catch (error) {
      throw fileErrorOf(error, operation, this.#path);
    }
  }
}
