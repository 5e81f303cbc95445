import type { DiskBacking } from './disk-backing.js';

/**
 * What a running VM's disk goes through, which may become another while nobody uses it: after a snapshot, and after links
 * were put together.
 */
export class SwappableBacking implements DiskBacking {
  #current: DiskBacking;

  constructor(first: DiskBacking) {
    this.#current = first;
  }

  /** Puts another one in its place. @returns the one before, which the caller closes */
  swap(next: DiskBacking): DiskBacking {
    const before = this.#current;
    this.#current = next;
    return before;
  }

  read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#current.read(buffer, offsetBytes);
  }

  write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#current.write(bytes, offsetBytes);
  }

  discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.#current.discard(offsetBytes, lengthBytes);
  }

  flush(): Promise<void> {
    return this.#current.flush();
  }

  close(): Promise<void> {
    return this.#current.close();
  }
}
