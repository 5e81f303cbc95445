import { HypervisorError } from '../api/errors.js';
import type { Life } from '../datastore/life.js';
import { type GuestMemory, MEMORY_PAGE_BYTES } from './guest-memory.js';
import type { SwapFile } from './swap-file.js';

/**
 * Memory as the guest sees it: bytes, and nothing of keys or of where a page is (row S13). Every call rejects with HOST_GONE
 * after the host rebooted, and with INVALID_STATE after the VM was powered off, suspended, or the port closed.
 */
export interface GuestMemoryPort {
  readonly sizeBytes: number;
  /**
   * Fills the buffer from that place on.
   *
   * @throws HypervisorError OUT_OF_RANGE, INVALID_STATE; ENVELOPE_TAMPERED, FILE_DAMAGED where a page does not come back from swap
   */
  read(buffer: Uint8Array, offsetBytes: number): Promise<void>;
  /** Writes at that place; refusals as of {@link read}. */
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** Ends the use of this port; the VM keeps its memory. */
  close(): Promise<void>;
}

/** The memory of a powered-on VM with its swap. What is done to it is done one after the other. */
export class AttachedMemory {
  #isDetached = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    /** `[datastore] folder/name.vmx`, for errors. */
    readonly shown: string,
    readonly memory: GuestMemory,
    readonly swap: SwapFile,
  ) {}

  /** Opens a port for the guest. */
  open(life: Life): GuestMemoryPort {
    let isClosed = false;
    const call = (offsetBytes: number, lengthBytes: number, work: () => Promise<void>): Promise<void> =>
      life.run(() =>
        this.#alone(async () => {
          if (isClosed || this.#isDetached) throw notOpen(this.shown, isClosed ? 'closed' : 'poweredOff');
          this.#checkRange(offsetBytes, lengthBytes);
          await work();
        }),
      );
    return {
      sizeBytes: this.memory.sizeBytes,
      read: (buffer, offsetBytes) =>
        call(offsetBytes, buffer.length, async () => {
          await this.#bringBack(offsetBytes, buffer.length);
          this.memory.read(buffer, offsetBytes);
        }),
      write: (bytes, offsetBytes) =>
        call(offsetBytes, bytes.length, async () => {
          await this.#bringBack(offsetBytes, bytes.length);
          this.memory.write(bytes, offsetBytes);
        }),
      close: async () => {
        isClosed = true;
      },
    };
  }

  /**
   * Takes memory from the guest: its first pages that take room go into the swap file. They come back when they are used.
   *
   * @returns how many went
   * @throws HypervisorError NO_SPACE, FILE_INACCESSIBLE; pages that went before stay out
   */
  reclaim(pageCount: number): Promise<number> {
    return this.#alone(async () => {
      const pages = [...this.memory.pages()].slice(0, pageCount);
      for (const [number, bytes] of pages) {
        await this.swap.swapOut(number, bytes);
        this.memory.release(number);
      }
      return pages.length;
    });
  }

  /** Does something while the guest touches no memory: what it asks for meanwhile waits. */
  held<T>(work: () => Promise<T>): Promise<T> {
    return this.#alone(work);
  }

  /**
   * All of the memory, brought back from swap: to be written into a file. Only while held.
   *
   * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED where a page does not come back
   */
  async whole(): Promise<GuestMemory> {
    for (const page of this.swap.pages()) await this.#swapIn(page);
    return this.memory;
  }

  /** Ends all ports, and forgets the memory: the power is gone. */
  detach(): void {
    this.#isDetached = true;
    this.memory.clear();
  }

  async #bringBack(offsetBytes: number, lengthBytes: number): Promise<void> {
    const first = Math.floor(offsetBytes / MEMORY_PAGE_BYTES);
    const end = Math.ceil((offsetBytes + lengthBytes) / MEMORY_PAGE_BYTES);
    for (let page = first; page < end; page += 1) if (this.swap.has(page)) await this.#swapIn(page);
  }

  async #swapIn(page: number): Promise<void> {
    this.memory.load(await this.swap.swapIn(page), page * MEMORY_PAGE_BYTES);
  }

  #checkRange(offsetBytes: number, lengthBytes: number): void {
    if (offsetBytes >= 0 && offsetBytes + lengthBytes <= this.memory.sizeBytes) return;
    throw new HypervisorError(
      { code: 'OUT_OF_RANGE', disk: this.shown },
      `${lengthBytes} bytes at ${offsetBytes} go beyond the ${this.memory.sizeBytes} bytes of memory of ${this.shown}.`,
    );
  }

  /** After everything that was asked for before. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function notOpen(shown: string, state: 'closed' | 'poweredOff'): HypervisorError {
  return new HypervisorError(
    { code: 'INVALID_STATE', state },
    `The memory of ${shown} is closed. Open it again while the virtual machine is powered on.`,
  );
}
