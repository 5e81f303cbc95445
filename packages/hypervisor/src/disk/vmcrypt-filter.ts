import type { Dek } from '@vcryptsim/crypto-core';
import type { DiskBacking } from './disk-backing.js';

/** What encrypts a disk. The DEK stays with whoever opened it, who disposes of it. */
export interface DiskKey {
  readonly dek: Dek;
  /** Bytes per XTS data unit. */
  readonly dataUnitSizeBytes: 512 | 4096;
}

/** What the disk's own side reads and writes: its extent, through the filter where the disk has a key. */
export function throughFilter(extent: DiskBacking, key: DiskKey | null): DiskBacking {
  return key === null ? extent : new VmcryptFilter(extent, key.dek, key.dataUnitSizeBytes);
}

/** Largest piece that goes to the extent at once. */
const BATCH_SIZE_BYTES = 1024 * 1024;

/** A piece of a request: whole data units, or a part of a single one. */
interface Piece {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly whole: boolean;
}

/**
 * The IO filter `vmwarevmcrypt`: XTS-AES-256 between the guest and the extent. The tweak is the absolute data unit
 * index on the disk, so byte n of plaintext is byte n of ciphertext and nothing moves (design.md section 6; the real
 * product's choice is unpublished). Below it there is only ciphertext; plaintext exists in the caller's buffer and,
 * for moments, in a scratch buffer that ends as ciphertext or zeros.
 *
 * A request that begins or ends inside a data unit of 4,096 bytes reads, changes and rewrites that unit. A cut in the
 * middle of that write can damage the neighbours in the unit, as on a real disk with 4 KiB sectors.
 */
export class VmcryptFilter implements DiskBacking {
  readonly #below: DiskBacking;
  readonly #dek: Dek;
  readonly #unitSizeBytes: number;
  #scratch = new Uint8Array(0);

  /** @param dek stays the caller's, who disposes of it */
  constructor(below: DiskBacking, dek: Dek, unitSizeBytes: 512 | 4096) {
    this.#below = below;
    this.#dek = dek;
    this.#unitSizeBytes = unitSizeBytes;
  }

  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    for (const piece of piecesOf(offsetBytes, buffer.length, this.#unitSizeBytes)) {
      const target = buffer.subarray(
        piece.offsetBytes - offsetBytes,
        piece.offsetBytes - offsetBytes + piece.lengthBytes,
      );
      if (piece.whole) {
        await this.#below.read(target, piece.offsetBytes);
        this.#dek.decryptRun(target, this.#unitIndex(piece.offsetBytes), this.#unitSizeBytes);
      } else {
        const { unit, within } = await this.#readUnitAround(piece);
        target.set(unit.subarray(within, within + piece.lengthBytes));
        unit.fill(0);
      }
    }
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    for (const piece of piecesOf(offsetBytes, bytes.length, this.#unitSizeBytes)) {
      const source = bytes.subarray(
        piece.offsetBytes - offsetBytes,
        piece.offsetBytes - offsetBytes + piece.lengthBytes,
      );
      const { unit: units, within } = piece.whole
        ? { unit: this.#takeScratch(piece.lengthBytes), within: 0 }
        : await this.#readUnitAround(piece);
      const startBytes = piece.offsetBytes - within;
      try {
        units.set(source, within);
        this.#dek.encryptRun(units, this.#unitIndex(startBytes), this.#unitSizeBytes);
      } catch (error) {
        units.fill(0);
        throw error;
      }
      await this.#below.write(units, startBytes);
    }
  }

  flush(): Promise<void> {
    return this.#below.flush();
  }

  close(): Promise<void> {
    this.#scratch.fill(0);
    return this.#below.close();
  }

  /** Plaintext of the unit that holds the piece, in scratch, and where in it the piece begins. */
  async #readUnitAround(piece: Piece): Promise<{ unit: Uint8Array; within: number }> {
    const within = piece.offsetBytes % this.#unitSizeBytes;
    const unit = this.#takeScratch(this.#unitSizeBytes);
    await this.#below.read(unit, piece.offsetBytes - within);
    this.#dek.decryptRun(unit, this.#unitIndex(piece.offsetBytes - within), this.#unitSizeBytes);
    return { unit, within };
  }

  #takeScratch(lengthBytes: number): Uint8Array {
    if (this.#scratch.length < lengthBytes) this.#scratch = new Uint8Array(lengthBytes);
    return this.#scratch.subarray(0, lengthBytes);
  }

  #unitIndex(offsetBytes: number): bigint {
    return BigInt(offsetBytes / this.#unitSizeBytes);
  }
}

/** Cuts a request at data unit borders: a part at each end where need be, whole units in batches between them. */
function* piecesOf(offsetBytes: number, lengthBytes: number, unitSizeBytes: number): Generator<Piece> {
  const end = offsetBytes + lengthBytes;
  let at = offsetBytes;
  while (at < end) {
    const unitStart = at - (at % unitSizeBytes);
    const wholeEnd = Math.min(at + BATCH_SIZE_BYTES, end - (end % unitSizeBytes));
    const whole = at === unitStart && wholeEnd > at;
    const next = whole ? wholeEnd : Math.min(unitStart + unitSizeBytes, end);
    yield { offsetBytes: at, lengthBytes: next - at, whole };
    at = next;
  }
}
