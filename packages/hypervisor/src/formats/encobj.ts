import { CryptoError, type Dek, SEALED_PAGE_OVERHEAD_BYTES } from '@vcryptsim/crypto-core';
import { assert, type Entropy } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';

/** First four bytes of an encobj, little endian. */
export const ENCOBJ_MAGIC = 0x8943dd9e;
/** Header and pages. */
export const ENCOBJ_PAGE_BYTES = 4096;
/** What a page holds of the plaintext: 254 AES blocks. */
export const ENCOBJ_CONTENT_BYTES = ENCOBJ_PAGE_BYTES - SEALED_PAGE_OVERHEAD_BYTES;

const IV_BYTES = 16;
const MAC_BYTES = 16;

/** Version in the header: 1 of small state files, 2 of what is packed before it is sealed (`.vmem`). */
export type EncobjVersion = 1 | 2;

/** Whose file it is and what for, such as `nvram UUID`. Bound, not stored: no sealed file opens in another's place. */
export interface EncobjContext {
  readonly dek: Dek;
  readonly context: string;
  readonly version?: EncobjVersion;
}

/**
 * An "encobj": a state file (`.nvram`, `.vmsn`, `.vmss`, `.vmem`) of an encrypted VM, sealed by the VM home's DEK
 * (facts/vsphere-formats.md Q6). Numbers are little endian.
 *
 * | offset | type | field | value |
 * |---|---|---|---|
 * | 0x00 | u32 | magic | 0x8943dd9e |
 * | 0x04 | u32 | version | 1, of a `.vmem` 2 |
 * | 0x08 | u32 | plaintext of a page | 4,064 |
 * | 0x0c | u32 | IV | 16 |
 * | 0x10 | u32 | MAC | 16 |
 * | 0x14 | 4 | | zeros |
 * | 0x18 | u64 | logical size: length of the plaintext | |
 * | 0x20 | | | zeros up to 0xfff |
 * | 0x1000 + 4096 n | 4,064 | page n: AES-256-CBC under the first half of the DEK | the last page padded with zeros |
 * | | 16 | IV | drawn for each page |
 * | | 16 | MAC | |
 *
 * All of that is VMware's but the MAC, which nobody has worked out: ours is HMAC-SHA-256 cut to 16 bytes under a key
 * derived from the DEK (crypto-core's sealed-page.ts), and covers the context, the version, the logical size, the number
 * of the page, and, of every page but the first, the first one's IV. So pages cannot be exchanged, taken from another
 * file or from an older copy of the same one, or cut off. An older copy of the whole file in its place opens: nothing
 * outside it remembers.
 *
 * @param plaintext 1 byte or more
 */
export function sealEncobj(plaintext: Uint8Array, o: EncobjContext & { readonly entropy: Entropy }): Uint8Array {
  const file = new Uint8Array(encobjSizeBytes(plaintext.length));
  file.set(encobjHeader(plaintext.length, o.version));
  file.set(new EncobjSealer(plaintext.length, o).seal(plaintext), ENCOBJ_PAGE_BYTES);
  return file;
}

/**
 * Opens what {@link sealEncobj} made.
 *
 * @param o.file name for errors
 * @throws HypervisorError FILE_DAMAGED when it is no encobj, ENVELOPE_TAMPERED when a page or the size does not fit
 */
export function openEncobj(bytes: Uint8Array, o: EncobjContext & { readonly file: string }): Uint8Array {
  const contentBytes = readEncobjHeader(bytes.subarray(0, ENCOBJ_PAGE_BYTES), bytes.length, o);
  return new EncobjOpener(contentBytes, o).open(bytes.subarray(ENCOBJ_PAGE_BYTES));
}

/** Says whether bytes begin as an encobj does. */
export function isEncobj(head: Uint8Array): boolean {
  return head.length >= 4 && viewOf(head).getUint32(0, true) === ENCOBJ_MAGIC;
}

/** How long the file is for a plaintext of so many bytes. */
export function encobjSizeBytes(contentBytes: number): number {
  return ENCOBJ_PAGE_BYTES * (1 + Math.ceil(contentBytes / ENCOBJ_CONTENT_BYTES));
}

/** The header of a file whose plaintext has so many bytes. */
export function encobjHeader(contentBytes: number, version: EncobjVersion = 1): Uint8Array {
  assert(contentBytes > 0, 'an encobj of nothing has no page that vouches for its header');
  const header = new Uint8Array(ENCOBJ_PAGE_BYTES);
  const view = viewOf(header);
  [ENCOBJ_MAGIC, version, ENCOBJ_CONTENT_BYTES, IV_BYTES, MAC_BYTES].forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  view.setBigUint64(0x18, BigInt(contentBytes), true);
  return header;
}

/**
 * Checks a header byte by byte: it has no MAC, so nothing may stand in it but what its size and version say.
 *
 * @param sizeBytes of the whole file
 * @returns the logical size; the pages say whether it is genuine
 * @throws HypervisorError FILE_DAMAGED, ENVELOPE_TAMPERED
 */
export function readEncobjHeader(
  header: Uint8Array,
  sizeBytes: number,
  o: { readonly version?: EncobjVersion; readonly file: string },
): number {
  if (!isEncobj(header)) throw fileDamaged(o.file, 'it is not sealed, though the virtual machine is encrypted');
  const contentBytes = header.length < ENCOBJ_PAGE_BYTES ? 0 : Number(viewOf(header).getBigUint64(0x18, true));
  if (contentBytes === 0 || !Number.isSafeInteger(contentBytes) || encobjSizeBytes(contentBytes) !== sizeBytes) {
    throw tampered(o.file);
  }
  const wanted = encobjHeader(contentBytes, o.version);
  if (!header.every((byte, at) => byte === wanted[at])) throw tampered(o.file);
  return contentBytes;
}

/** Seals the pages of one file, piece by piece and in their order; the header is {@link encobjHeader}. */
export class EncobjSealer {
  #page = 0;
  #firstIv = new Uint8Array(0);

  /** @param contentBytes length of the whole plaintext */
  constructor(
    readonly contentBytes: number,
    readonly o: EncobjContext & { readonly entropy: Entropy },
  ) {}

  /**
   * Seals the next piece.
   *
   * @param plaintext a multiple of 4,064 bytes, unless it is the last piece
   * @returns whole pages
   */
  seal(plaintext: Uint8Array): Uint8Array {
    const count = Math.ceil(plaintext.length / ENCOBJ_CONTENT_BYTES);
    const pages = new Uint8Array(count * ENCOBJ_PAGE_BYTES);
    const ivs = this.o.entropy.public(count * IV_BYTES, `IVs of ${this.o.context}`);
    const content = new Uint8Array(ENCOBJ_CONTENT_BYTES);
    for (let index = 0; index < count; index += 1) {
      const at = index * ENCOBJ_CONTENT_BYTES;
      const part = plaintext.subarray(at, at + ENCOBJ_CONTENT_BYTES);
      content.fill(0, part.length).set(part);
      const iv = ivs.subarray(index * IV_BYTES, (index + 1) * IV_BYTES);
      const binding = bindingOf(this.o, this.#page, this.contentBytes, this.#firstIv);
      pages.set(this.o.dek.sealPage(content, { binding, iv }), index * ENCOBJ_PAGE_BYTES);
      if (this.#page === 0) this.#firstIv = iv.slice();
      this.#page += 1;
    }
    content.fill(0);
    return pages;
  }
}

/** Opens the pages of one file, piece by piece and in their order; the header is read by {@link readEncobjHeader}. */
export class EncobjOpener {
  #page = 0;
  #firstIv = new Uint8Array(0);

  /** @param contentBytes the logical size, as the header says it */
  constructor(
    readonly contentBytes: number,
    readonly o: EncobjContext & { readonly file: string },
  ) {}

  /**
   * Opens the next pages.
   *
   * @returns their plaintext, without the padding of the last page
   * @throws HypervisorError ENVELOPE_TAMPERED
   */
  open(pages: Uint8Array): Uint8Array {
    const count = pages.length / ENCOBJ_PAGE_BYTES;
    const content = new Uint8Array(count * ENCOBJ_CONTENT_BYTES);
    const lengthBytes = Math.min(content.length, this.contentBytes - this.#page * ENCOBJ_CONTENT_BYTES);
    for (let index = 0; index < count; index += 1) {
      const page = pages.subarray(index * ENCOBJ_PAGE_BYTES, (index + 1) * ENCOBJ_PAGE_BYTES);
      const part = openPage(page, bindingOf(this.o, this.#page, this.contentBytes, this.#firstIv), this.o);
      content.set(part, index * ENCOBJ_CONTENT_BYTES);
      part.fill(0);
      if (this.#page === 0) this.#firstIv = page.slice(ENCOBJ_CONTENT_BYTES, ENCOBJ_CONTENT_BYTES + IV_BYTES);
      this.#page += 1;
    }
    if (content.subarray(lengthBytes).some((byte) => byte !== 0)) throw tampered(this.o.file);
    return content.subarray(0, lengthBytes);
  }
}

function openPage(page: Uint8Array, binding: Uint8Array, o: EncobjContext & { readonly file: string }): Uint8Array {
  try {
    return o.dek.openPage(page, { binding });
  } catch (error) {
    if (!(error instanceof CryptoError) || error.code !== 'ENVELOPE_MISMATCH') throw error;
    throw tampered(o.file);
  }
}

/**
 * `encobj` in ASCII, version (1 byte), number of the page and logical size (8 bytes each), the first page's IV (16 bytes,
 * of the first page itself none), context in UTF-8.
 */
function bindingOf(
  { context, version = 1 }: EncobjContext,
  page: number,
  contentBytes: number,
  firstIv: Uint8Array,
): Uint8Array {
  const fixed = new Uint8Array(23);
  fixed.set(new TextEncoder().encode('encobj'));
  const view = viewOf(fixed);
  view.setUint8(6, version);
  view.setBigUint64(7, BigInt(page), true);
  view.setBigUint64(15, BigInt(contentBytes), true);
  return new Uint8Array(Buffer.concat([fixed, firstIv, new TextEncoder().encode(context)]));
}

function tampered(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'ENVELOPE_TAMPERED', file },
    `${file} does not open: it was changed, cut short, taken from another virtual machine, or sealed by a real product, whose MAC is not published. Restore a saved copy.`,
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
