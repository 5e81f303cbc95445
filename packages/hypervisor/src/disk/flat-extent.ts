import type { FileHandle } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { fileFault } from '../datastore/file-fault.js';
import type { DiskBacking } from './disk-backing.js';

/** A `-flat.vmdk`: byte n of the disk is byte n of the file (createType `vmfs`, facts/vmdk.md section 1). */
export class FlatExtent implements DiskBacking {
  readonly #handle: FileHandle;
  readonly #shown: string;

  /** @param shown `[datastore] folder/file`, for errors */
  constructor(handle: FileHandle, shown: string) {
    this.#handle = handle;
    this.#shown = shown;
  }

  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    const count = await this.#call('read', () => this.#handle.pread(buffer, offsetBytes));
    if (count !== buffer.length) throw fileDamaged(this.#shown, `the extent ends at byte ${offsetBytes + count}`);
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    await this.#call('write', () => this.#handle.pwrite(bytes, offsetBytes));
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
      throw fileFault(error, this.#shown, intent);
    }
  }
}
