import { CryptoError, type Dek, SEALED_PAGE_OVERHEAD_BYTES } from '@vcryptsim/crypto-core';
import type { Entropy, FileHandle, VmUuid } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { MEMORY_PAGE_BYTES } from './guest-memory.js';

const IV_BYTES = 16;

/** Whose swap it is, and what seals it: the DEK of the VM home, null for a plain VM. */
export interface SwapOwner {
  readonly vm: VmUuid;
  readonly dek: Dek | null;
  readonly entropy: Entropy;
}

/**
 * The guest swap of a running VM, `NAME-<8 hex>.vswp`: as long as its memory, made at power on, removed at power off
 * (facts/vsphere-formats.md Q5). What a real one of an encrypted VM looks like inside is unpublished; ours is:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 4096 n | 4,096 | page n of the memory: as it is in a plain VM, in an encrypted one AES-256-CBC under the VM home's DEK; a hole where it is not swapped out |
 * | memory + 32 n | 16, 16 | of an encrypted VM, behind the memory and only as far as pages were swapped: IV and MAC of page n |
 *
 * The MAC covers UUID of the VM, number of the page, IV and ciphertext (crypto-core's sealed-page.ts). The host remembers
 * the MAC of each page that is out, so that an older one in its place is refused too.
 */
export class SwapFile {
  readonly #folder: VmFolder;
  readonly #owner: SwapOwner;
  /** Pages that are out: their IV and MAC, nothing of a plain VM's. */
  readonly #out = new Map<number, Uint8Array>();
  #handle: FileHandle | null = null;

  private constructor(
    folder: VmFolder,
    readonly fileName: string,
    readonly sizeBytes: number,
    owner: SwapOwner,
  ) {
    this.#folder = folder;
    this.#owner = owner;
  }

  /**
   * Makes the file anew: what an earlier run left under its name is of no use to anybody. The VM's lock is the caller's.
   *
   * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_INACCESSIBLE
   */
  static async create(folder: VmFolder, fileName: string, sizeBytes: number, owner: SwapOwner): Promise<SwapFile> {
    const handle = await createOver(folder, fileName);
    try {
      await handle.truncate(sizeBytes);
    } finally {
      await handle.close();
    }
    return new SwapFile(folder, fileName, sizeBytes, owner);
  }

  /** Whether that page is out. */
  has(page: number): boolean {
    return this.#out.has(page);
  }

  /** The pages that are out, by number. */
  pages(): readonly number[] {
    return [...this.#out.keys()].sort((a, b) => a - b);
  }

  /**
   * Takes a page. It is swap: nothing waits for it to be durable.
   *
   * @throws HypervisorError NO_SPACE, FILE_INACCESSIBLE
   */
  async swapOut(page: number, bytes: Uint8Array): Promise<void> {
    const { dek, entropy } = this.#owner;
    const handle = await this.#open();
    if (dek === null) {
      await handle.pwrite(bytes, page * MEMORY_PAGE_BYTES);
      this.#out.set(page, new Uint8Array(0));
      return;
    }
    const iv = entropy.public(IV_BYTES, `IV of swapped page ${page}`);
    const sealed = dek.sealPage(bytes, { binding: this.#bindingOf(page), iv });
    const tag = sealed.slice(MEMORY_PAGE_BYTES);
    await handle.pwrite(sealed.subarray(0, MEMORY_PAGE_BYTES), page * MEMORY_PAGE_BYTES);
    await handle.pwrite(tag, this.#tagOffset(page));
    this.#out.set(page, tag);
  }

  /**
   * Gives a page back; it is in memory again, and out no more.
   *
   * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED, FILE_INACCESSIBLE; it stays out then
   */
  async swapIn(page: number): Promise<Uint8Array> {
    const file = this.#folder.shown(this.fileName);
    const remembered = this.#out.get(page) ?? new Uint8Array(0);
    const bytes = new Uint8Array(MEMORY_PAGE_BYTES + remembered.length);
    const handle = await this.#open();
    const lengths = [
      await handle.pread(bytes.subarray(0, MEMORY_PAGE_BYTES), page * MEMORY_PAGE_BYTES),
      await handle.pread(bytes.subarray(MEMORY_PAGE_BYTES), this.#tagOffset(page)),
    ];
    if (lengths[0] !== MEMORY_PAGE_BYTES || lengths[1] !== remembered.length) {
      throw fileDamaged(file, 'the file ends too early');
    }
    const plain = this.#plainOf(page, bytes, remembered, file);
    this.#out.delete(page);
    return plain;
  }

  /** Lets go of a page that is out, unread: it was written whole. */
  drop(page: number): void {
    this.#out.delete(page);
  }

  /** Removes the file: at power off nothing of it is needed. */
  async remove(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
    this.#out.clear();
    await this.#folder.remove(this.fileName);
  }

  #plainOf(page: number, bytes: Uint8Array, remembered: Uint8Array, file: string): Uint8Array {
    const { dek } = this.#owner;
    if (dek === null) return bytes;
    try {
      // Tags are public; this comparison tells an attacker nothing that the file does not.
      if (bytes.subarray(MEMORY_PAGE_BYTES).some((byte, at) => byte !== remembered[at])) throw swapTampered(file);
      return dek.openPage(bytes, { binding: this.#bindingOf(page) });
    } catch (error) {
      if (error instanceof CryptoError && error.code === 'ENVELOPE_MISMATCH') throw swapTampered(file);
      throw error;
    }
  }

  #bindingOf(page: number): Uint8Array {
    return new TextEncoder().encode(`swap ${this.#owner.vm} ${page}`);
  }

  #tagOffset(page: number): number {
    return this.sizeBytes + page * SEALED_PAGE_OVERHEAD_BYTES;
  }

  async #open(): Promise<FileHandle> {
    this.#handle ??= await this.#folder.openFile(this.fileName, 'write');
    return this.#handle;
  }
}

async function createOver(folder: VmFolder, fileName: string): Promise<FileHandle> {
  try {
    return await folder.createFile(fileName);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== 'ALREADY_EXISTS') throw error;
    await folder.remove(fileName);
    return folder.createFile(fileName);
  }
}

function swapTampered(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'ENVELOPE_TAMPERED', file },
    `A page of ${file} is not what was swapped out: it was changed, moved or replaced by an older one. That page of memory is lost: power the virtual machine off and on again.`,
  );
}
