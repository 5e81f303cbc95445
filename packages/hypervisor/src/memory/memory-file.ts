import type { Dek } from '@vcryptsim/crypto-core';
import { assert, type Entropy, type FileHandle, type VmUuid } from '@vcryptsim/ports';
import { fileDamaged, sealedWithoutBundle } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import {
  ENCOBJ_CONTENT_BYTES,
  ENCOBJ_PAGE_BYTES,
  EncobjOpener,
  EncobjSealer,
  encobjHeader,
  isEncobj,
  readEncobjHeader,
} from '../formats/encobj.js';
import {
  packVmemBlock,
  readVmemBlockHeader,
  unpackVmemBlock,
  VMEM_BLOCK_BYTES,
  VMEM_BLOCK_HEADER_BYTES,
} from '../formats/vmem-blocks.js';
import { GuestMemory, isZero, MEMORY_PAGE_BYTES } from './guest-memory.js';

/** Pages that are sealed, or read, at a time: 1 MiB. */
const RUN_PAGES = 256;
const RUN_BYTES = RUN_PAGES * MEMORY_PAGE_BYTES;
/** How an encobj of packed memory is marked. */
const VERSION = 2;

/** Whose memory it is. */
export interface MemoryOwner {
  readonly vm: VmUuid;
  /** Of the VM home; null for a plain VM. */
  readonly dek: Dek | null;
}

/**
 * Writes the memory of a VM into a new file (`.vmem`); its content is durable after that, the folder's entry is not yet.
 *
 * - plain VM: the memory byte by byte, so the file is as long as the memory; what was never written is a hole
 * - encrypted VM: pieces of 4 MiB packed (vmem-blocks.ts), the whole sealed as an encobj, bound to the VM and the name
 *
 * The memory must not change meanwhile.
 *
 * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, FILE_INACCESSIBLE
 */
export async function writeMemoryFile(
  folder: VmFolder,
  fileName: string,
  memory: GuestMemory,
  { vm, dek, entropy }: MemoryOwner & { readonly entropy: Entropy },
): Promise<void> {
  const handle = await folder.createFile(fileName);
  try {
    if (dek === null) await writePlain(handle, memory);
    else await writeSealed(handle, memory, { dek, context: contextOf(vm, fileName), version: VERSION, entropy });
    await handle.fsync();
  } finally {
    await handle.close();
  }
}

/**
 * Reads what {@link writeMemoryFile} wrote.
 *
 * @param sizeBytes of the VM's memory
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED (among them: of a VM with more or less memory), FILE_INACCESSIBLE;
 *   BUNDLE_MISSING when it is sealed and the VM has no key
 */
export async function readMemoryFile(
  folder: VmFolder,
  fileName: string,
  sizeBytes: number,
  { vm, dek }: MemoryOwner,
): Promise<GuestMemory> {
  const file = folder.shown(fileName);
  const handle = await folder.openFile(fileName, 'read');
  try {
    const memory = new GuestMemory(sizeBytes);
    if (dek === null) await readPlain(handle, memory, file);
    else await readSealed(handle, memory, { dek, context: contextOf(vm, fileName), version: VERSION, file });
    return memory;
  } finally {
    await handle.close();
  }
}

async function writePlain(handle: FileHandle, memory: GuestMemory): Promise<void> {
  await handle.truncate(memory.sizeBytes);
  let run: Uint8Array[] = [];
  let runPage = 0;
  const flush = async (): Promise<void> => {
    if (run.length > 0) await handle.pwrite(new Uint8Array(Buffer.concat(run)), runPage * MEMORY_PAGE_BYTES);
    run = [];
  };
  for (const [number, bytes] of memory.pages()) {
    if (isZero(bytes)) continue;
    if (number !== runPage + run.length || run.length === RUN_PAGES) await flush();
    if (run.length === 0) runPage = number;
    run.push(bytes);
  }
  await flush();
}

async function readPlain(handle: FileHandle, memory: GuestMemory, file: string): Promise<void> {
  const head = new Uint8Array(4);
  await handle.pread(head, 0);
  const fileBytes = await handle.sizeBytes();
  if (fileBytes !== memory.sizeBytes) {
    if (isEncobj(head)) throw sealedWithoutBundle(file);
    throw fileDamaged(file, `it has ${fileBytes} bytes, and the virtual machine ${memory.sizeBytes} of memory`);
  }
  const buffer = new Uint8Array(RUN_BYTES);
  for (let at = 0; at < fileBytes; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, fileBytes - at));
    if ((await handle.pread(part, at)) < part.length) throw fileDamaged(file, 'the file ends too early');
    memory.load(part, at);
  }
}

async function writeSealed(
  handle: FileHandle,
  memory: GuestMemory,
  o: ConstructorParameters<typeof EncobjSealer>[1],
): Promise<void> {
  // The pages are bound to the packed size, so all is packed before the first is sealed: once, and never more than the
  // memory takes already. Zeros are packed once for all.
  const blocks = packMemory(memory);
  const contentBytes = blocks.reduce((sum, block) => sum + block.length, 0);
  const sealer = new EncobjSealer(contentBytes, o);
  await handle.pwrite(encobjHeader(contentBytes, VERSION), 0);
  let at = ENCOBJ_PAGE_BYTES;
  const content = new Uint8Array(RUN_PAGES * ENCOBJ_CONTENT_BYTES);
  let filled = 0;
  const seal = async (): Promise<void> => {
    const pages = sealer.seal(content.subarray(0, filled));
    await handle.pwrite(pages, at);
    at += pages.length;
    filled = 0;
  };
  for (const block of blocks) {
    for (let from = 0; from < block.length; ) {
      const part = block.subarray(from, from + content.length - filled);
      content.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled === content.length) await seal();
    }
  }
  if (filled > 0) await seal();
  content.fill(0);
}

function packMemory(memory: GuestMemory): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const zeros = new Map<number, Uint8Array>();
  const plain = new Uint8Array(Math.min(VMEM_BLOCK_BYTES, memory.sizeBytes));
  for (let at = 0; at < memory.sizeBytes; at += plain.length) {
    const part = plain.subarray(0, Math.min(plain.length, memory.sizeBytes - at));
    if (isUntouched(memory, at, part.length)) {
      const block = zeros.get(part.length) ?? packVmemBlock(new Uint8Array(part.length));
      zeros.set(part.length, block);
      blocks.push(block);
    } else {
      memory.read(part, at);
      blocks.push(packVmemBlock(part));
    }
  }
  plain.fill(0);
  return blocks;
}

function isUntouched(memory: GuestMemory, startBytes: number, lengthBytes: number): boolean {
  const [first, end] = [startBytes / MEMORY_PAGE_BYTES, (startBytes + lengthBytes) / MEMORY_PAGE_BYTES];
  for (let number = first; number < end; number += 1) if (memory.page(number) !== null) return false;
  return true;
}

async function readSealed(
  handle: FileHandle,
  memory: GuestMemory,
  o: ConstructorParameters<typeof EncobjOpener>[1],
): Promise<void> {
  const content = await SealedContent.open(handle, o);
  for (let at = 0; at < memory.sizeBytes; ) {
    const header = await content.take(VMEM_BLOCK_HEADER_BYTES);
    const sizes = readVmemBlockHeader(header, memory.sizeBytes - at, o.file);
    const plain = unpackVmemBlock(await content.take(sizes.packedBytes), sizes, o.file);
    memory.load(plain, at);
    at += plain.length;
  }
  if (content.leftBytes > 0) throw fileDamaged(o.file, 'it holds more than the memory of the virtual machine');
}

/** The plaintext of an encobj, read from its beginning on, 1 MiB of it in memory. */
class SealedContent {
  #opened = new Uint8Array(0);
  #page = 0;
  leftBytes: number;

  private constructor(
    private readonly handle: FileHandle,
    private readonly opener: EncobjOpener,
  ) {
    this.leftBytes = opener.contentBytes;
  }

  static async open(handle: FileHandle, o: ConstructorParameters<typeof EncobjOpener>[1]): Promise<SealedContent> {
    const header = new Uint8Array(ENCOBJ_PAGE_BYTES);
    const sizeBytes = await handle.sizeBytes();
    const there = await handle.pread(header, 0);
    const contentBytes = readEncobjHeader(header.subarray(0, there), sizeBytes, o);
    return new SealedContent(handle, new EncobjOpener(contentBytes, o));
  }

  /** The next bytes; FILE_DAMAGED where there are fewer. */
  async take(lengthBytes: number): Promise<Uint8Array> {
    if (lengthBytes > this.leftBytes)
      throw fileDamaged(this.opener.o.file, 'it holds less than the memory of the virtual machine');
    const taken = new Uint8Array(lengthBytes);
    for (let at = 0; at < lengthBytes; ) {
      if (this.#opened.length === 0) this.#opened = new Uint8Array(await this.#next());
      const part = this.#opened.subarray(0, lengthBytes - at);
      taken.set(part, at);
      at += part.length;
      this.#opened = this.#opened.subarray(part.length);
    }
    this.leftBytes -= lengthBytes;
    return taken;
  }

  async #next(): Promise<Uint8Array> {
    const left = Math.ceil(this.opener.contentBytes / ENCOBJ_CONTENT_BYTES) - this.#page;
    const pages = new Uint8Array(Math.min(RUN_PAGES, left) * ENCOBJ_PAGE_BYTES);
    assert(pages.length > 0, 'the pages of an encobj hold its logical size');
    const there = await this.handle.pread(pages, ENCOBJ_PAGE_BYTES * (1 + this.#page));
    if (there < pages.length) throw fileDamaged(this.opener.o.file, 'the file ends too early');
    this.#page += pages.length / ENCOBJ_PAGE_BYTES;
    return this.opener.open(pages);
  }
}

function contextOf(vm: VmUuid, fileName: string): string {
  return `memory ${vm} ${fileName}`;
}
