import { exists, type FileHandle, type FileSystem, folderOf, makeFolders } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { BackupReader, BackupWriter } from './backup-container.js';
import { damaged } from './backup-format.js';
import { appendChunks, chunksOf } from './file-chunks.js';

/*
 * A tar file in the ustar format (POSIX.1-2024, pax, "ustar Interchange Format"), so that `tar tf` lists it. For each
 * file a header block of 512 bytes, then its bytes, filled up to a whole block with zeros; at the end two zero blocks.
 *
 *   0    100  path            100  8  mode "0000600\0"    108  8  uid    116  8  gid      all numbers octal, NUL ended
 *   124  12   size            136  12 time of change, 0   148  8  sum of the header's bytes, this field as spaces
 *   156  1    "0": a file     257  6  "ustar\0"           263  2  "00"
 */
const BLOCK_BYTES = 512;
const SIZE_BYTES_MAX = 8 ** 11 - 1;

/** A backup as one file. It grows beside its place, as `OUT.new`, and gets its name when it is whole. */
export class TarWriter implements BackupWriter {
  #endBytes = 0;
  #isClosed = false;
  #isPublished = false;

  private constructor(
    private readonly files: FileSystem,
    private readonly out: string,
    private readonly handle: FileHandle,
  ) {}

  /** `out` must be free. Throws FileError. */
  static async open(files: FileSystem, out: string): Promise<TarWriter> {
    await makeFolders(files, folderOf(out));
    const beside = `${out}.new`;
    if (await exists(files, beside)) await files.unlink(beside);
    return new TarWriter(files, out, await files.open(beside, { access: 'write', create: 'exclusive' }));
  }

  async add(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const fromBytes = this.#endBytes + BLOCK_BYTES;
    const endBytes = await appendChunks(this.handle, fromBytes, chunks);
    await this.handle.pwrite(encodeHeader(path, endBytes - fromBytes), this.#endBytes);
    this.#endBytes = wholeBlocks(endBytes);
    await this.handle.pwrite(new Uint8Array(this.#endBytes - endBytes), endBytes);
  }

  async finish(): Promise<void> {
    await this.handle.pwrite(new Uint8Array(2 * BLOCK_BYTES), this.#endBytes);
    await this.handle.fsync();
    this.#isClosed = true;
    await this.handle.close();
    // A link, not a rename: what came to stand there meanwhile is not replaced.
    await this.files.link(`${this.out}.new`, this.out);
    this.#isPublished = true;
    await this.files.unlink(`${this.out}.new`);
    await this.files.fsyncFolder(folderOf(this.out));
  }

  async discard(): Promise<void> {
    if (!this.#isClosed) await this.handle.close();
    // An error after the link: nobody was told of it.
    if (this.#isPublished) await this.files.unlink(this.out);
    if (await exists(this.files, `${this.out}.new`)) await this.files.unlink(`${this.out}.new`);
  }
}

/** Reads a backup that is a tar file. */
export class TarReader implements BackupReader {
  private constructor(
    private readonly handle: FileHandle,
    private readonly places: ReadonlyMap<string, { readonly fromBytes: number; readonly sizeBytes: number }>,
  ) {}

  /** @throws KmsError BACKUP_DAMAGED; FileError */
  static async open(files: FileSystem, path: string): Promise<TarReader> {
    const handle = await files.open(path, { access: 'read' });
    try {
      const places = new Map<string, { fromBytes: number; sizeBytes: number }>();
      const totalBytes = await handle.sizeBytes();
      const block = new Uint8Array(BLOCK_BYTES);
      for (let at = 0; at < totalBytes; ) {
        if ((await handle.pread(block, at)) < BLOCK_BYTES) throw damaged(path, 'it ends in the middle of a block');
        if (block.every((byte) => byte === 0)) break;
        const header = decodeHeader(block);
        const fromBytes = at + BLOCK_BYTES;
        if (!header || fromBytes + header.sizeBytes > totalBytes)
          throw damaged(path, `there is no tar header at byte ${at}`);
        places.set(header.path, { fromBytes, sizeBytes: header.sizeBytes });
        at = wholeBlocks(fromBytes + header.sizeBytes);
      }
      return new TarReader(handle, places);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async sizeBytes(path: string): Promise<number | null> {
    return this.places.get(path)?.sizeBytes ?? null;
  }

  async *chunks(path: string): AsyncGenerator<Uint8Array> {
    const place = this.places.get(path);
    if (place) yield* chunksOf(this.handle, place.fromBytes, place.fromBytes + place.sizeBytes);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function encodeHeader(path: string, sizeBytes: number): Uint8Array {
  if (sizeBytes > SIZE_BYTES_MAX) {
    throw new KmsError('BACKUP_TOO_LARGE', `${path} does not fit into a tar file.`, 'Name a folder with --out.');
  }
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  put(path, 0);
  put('0000600\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  put(`${'0'.repeat(11)}\0`, 136);
  put('0', 156);
  put('ustar\x0000', 257);
  put(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function decodeHeader(block: Uint8Array): { readonly path: string; readonly sizeBytes: number } | null {
  const text = (at: number, lengthBytes: number) =>
    new TextDecoder().decode(block.subarray(at, at + lengthBytes)).replace(/\0.*$/s, '');
  const [sum, sizeBytes] = [octal(text(148, 8)), octal(text(124, 12))];
  if (text(257, 6) !== 'ustar' || sum !== checksum(block) || sizeBytes === null) return null;
  return { path: text(0, 100), sizeBytes };
}

/** A number as ustar has it. GNU's binary sizes, signs and blanks within are none. */
function octal(field: string): number | null {
  return /^ *[0-7]{1,11} *$/.test(field) ? Number.parseInt(field, 8) : null;
}

function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function wholeBlocks(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}
