import type { FileHandle } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { fileFault } from '../datastore/file-fault.js';

/** An open file of a disk, whose every call refuses as the host does, and of which each byte that is asked for is there. */
export class ExtentFile {
  readonly #handle: FileHandle;
  /** `[datastore] folder/file`, for errors */
  readonly shown: string;

  constructor(handle: FileHandle, shown: string) {
    this.#handle = handle;
    this.shown = shown;
  }

  /** @throws HypervisorError FILE_DAMAGED when the file ends before */
  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    const count = await this.#call('read', () => this.#handle.pread(buffer, offsetBytes));
    if (count !== buffer.length) throw fileDamaged(this.shown, `the extent ends at byte ${offsetBytes + count}`);
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    await this.#call('write', () => this.#handle.pwrite(bytes, offsetBytes));
  }

  /** Makes the file so long: what is new is a hole. */
  async truncate(sizeBytes: number): Promise<void> {
    await this.#call('write', () => this.#handle.truncate(sizeBytes));
  }

  async sizeBytes(): Promise<number> {
    return this.#call('read', () => this.#handle.sizeBytes());
  }

  async flush(): Promise<void> {
    await this.#call('write', () => this.#handle.fsync());
  }

  async close(): Promise<void> {
    await this.#call('write', () => this.#handle.close());
  }

  async #call<T>(intent: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileFault(error, this.shown, intent);
    }
  }
}
