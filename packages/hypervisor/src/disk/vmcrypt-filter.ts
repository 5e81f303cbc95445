import type { Dek } from '@vcryptsim/crypto-core';
import type { DiskBacking } from './disk-backing.js';
import { type DiskKey, decryptUnits } from './disk-key.js';
import { RUN_BUFFER_SIZE_BYTES, RunBuffers } from './run-buffers.js';

export type { DiskKey } from './disk-key.js';

/**
 * What the disk's own side reads and writes: its extent, through the filter where the disk has a key.
 *
 * @param buffers of the host; the filter has its own unless told
 */
export function throughFilter(extent: DiskBacking, key: DiskKey | null, buffers?: RunBuffers): DiskBacking {
  return key === null ? extent : new VmcryptFilter(extent, key.dek, key.dataUnitSizeBytes, buffers);
}

/** A part of a request: where it is on the disk and in the request, and the whole data units that hold it. */
interface Piece {
  readonly at: number;
  readonly lengthBytes: number;
  /** Bytes of the first unit that are before it, and of the last that are behind it. */
  readonly headBytes: number;
  readonly tailBytes: number;
  readonly unitsAt: number;
  readonly unitsBytes: number;
}

/**
 * The IO filter `vmwarevmcrypt`: XTS-AES-256 between the guest and the extent. The tweak is the absolute data unit
 * index on the disk, so byte n of plaintext is byte n of ciphertext and nothing moves (design.md section 6; the real
 * product's choice is unpublished). Below it there is only ciphertext; plaintext exists in the caller's buffer and,
 * for moments, in a buffer of the request's own that ends as ciphertext or zeros.
 *
 * A data unit that is all zeros below is a hole: never written, or trimmed. It reads as zeros and is not decrypted, which
 * would make noise of it. Zeros that the guest writes become ciphertext like everything (decision 0021).
 *
 * A write that begins or ends inside a data unit of 4,096 bytes reads that unit, changes its part and writes it whole
 * (decision 0020). A cut in the middle of that write can damage the neighbours in the unit, as on a real disk with 4 KiB
 * sectors.
 */
export class VmcryptFilter implements DiskBacking {
  readonly #below: DiskBacking;
  readonly #dek: Dek;
  readonly #unitSizeBytes: 512 | 4096;
  readonly #buffers: RunBuffers;

  /** @param dek stays the caller's, who disposes of it */
  constructor(below: DiskBacking, dek: Dek, unitSizeBytes: 512 | 4096, buffers: RunBuffers = new RunBuffers(dek)) {
    this.#below = below;
    this.#dek = dek;
    this.#unitSizeBytes = unitSizeBytes;
    this.#buffers = buffers;
  }

  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    for (const piece of piecesOf(offsetBytes, buffer.length, this.#unitSizeBytes)) {
      const target = buffer.subarray(piece.at, piece.at + piece.lengthBytes);
      if (piece.headBytes === 0 && piece.tailBytes === 0) {
        await this.#readUnits(target, piece.unitsAt);
        continue;
      }
      await this.#buffers.lend(piece.unitsBytes, async (units) => {
        await this.#readUnits(units, piece.unitsAt);
        target.set(units.subarray(piece.headBytes, piece.headBytes + piece.lengthBytes));
        units.fill(0);
      });
    }
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    for (const piece of piecesOf(offsetBytes, bytes.length, this.#unitSizeBytes)) {
      await this.#buffers.lend(piece.unitsBytes, async (units) => {
        await this.#readOuterUnits(units, piece);
        units.set(bytes.subarray(piece.at, piece.at + piece.lengthBytes), piece.headBytes);
        this.#dek.encryptRun(units, this.#unitIndex(piece.unitsAt), this.#unitSizeBytes);
        await this.#below.write(units, piece.unitsAt);
      });
    }
  }

  /** Whole data units become holes; of those at the ends the part in the range is written as zeros, encrypted like all data. */
  async discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    const unit = this.#unitSizeBytes;
    const endBytes = offsetBytes + lengthBytes;
    const wholeAt = Math.min(Math.ceil(offsetBytes / unit) * unit, endBytes);
    const wholeEnd = Math.max(endBytes - (endBytes % unit), wholeAt);
    if (offsetBytes < wholeAt) await this.write(new Uint8Array(wholeAt - offsetBytes), offsetBytes);
    if (wholeAt < wholeEnd) await this.#below.discard(wholeAt, wholeEnd - wholeAt);
    if (wholeEnd < endBytes) await this.write(new Uint8Array(endBytes - wholeEnd), wholeEnd);
  }

  flush(): Promise<void> {
    return this.#below.flush();
  }

  close(): Promise<void> {
    return this.#below.close();
  }

  /** Reads the first and the last unit of a piece in clear, each only where the piece does not cover it. */
  async #readOuterUnits(units: Uint8Array, { headBytes, tailBytes, unitsAt }: Piece): Promise<void> {
    const lastAt = units.length - this.#unitSizeBytes;
    if (headBytes > 0) await this.#readUnits(units.subarray(0, this.#unitSizeBytes), unitsAt);
    if (tailBytes > 0 && (headBytes === 0 || lastAt > 0)) {
      await this.#readUnits(units.subarray(lastAt), unitsAt + lastAt);
    }
  }

  async #readUnits(units: Uint8Array, offsetBytes: number): Promise<void> {
    await this.#below.read(units, offsetBytes);
    decryptUnits(units, offsetBytes, { dek: this.#dek, dataUnitSizeBytes: this.#unitSizeBytes });
  }

  #unitIndex(offsetBytes: number): bigint {
    return BigInt(offsetBytes / this.#unitSizeBytes);
  }
}

/** Cuts a request into pieces whose units fit a buffer; only the first begins and only the last ends inside a unit. */
function* piecesOf(offsetBytes: number, lengthBytes: number, unitSizeBytes: number): Generator<Piece> {
  for (let at = 0; at < lengthBytes; ) {
    const headBytes = (offsetBytes + at) % unitSizeBytes;
    const pieceBytes = Math.min(RUN_BUFFER_SIZE_BYTES - headBytes, lengthBytes - at);
    const unitsBytes = Math.ceil((headBytes + pieceBytes) / unitSizeBytes) * unitSizeBytes;
    const tailBytes = unitsBytes - headBytes - pieceBytes;
    yield { at, lengthBytes: pieceBytes, headBytes, tailBytes, unitsAt: offsetBytes + at - headBytes, unitsBytes };
    at += pieceBytes;
  }
}
