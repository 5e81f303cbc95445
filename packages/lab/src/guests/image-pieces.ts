import type { DiskImage } from './image.js';

/** A part of a disk that lies in a file of its own, or in none where it is zeros. */
export interface ImagePiece {
  readonly sizeBytes: number;
  /** Opens the part; null for zeros. */
  readonly open: (() => Promise<DiskImage>) | null;
}

/**
 * A disk of several parts, one behind the other. One part is open at a time: a disk may have 30,000. Reads take turns.
 */
export class PiecedImage implements DiskImage {
  readonly sizeBytes: number;
  readonly #pieces: readonly (ImagePiece & { readonly startBytes: number })[];
  #open: { readonly startBytes: number; readonly image: DiskImage } | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(pieces: readonly ImagePiece[]) {
    let startBytes = 0;
    this.#pieces = pieces.map((piece) => {
      const placed = { ...piece, startBytes };
      startBytes += piece.sizeBytes;
      return placed;
    });
    this.sizeBytes = startBytes;
  }

  read(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    return this.#inTurn(() => this.#read(buffer, offsetBytes));
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#closeOpen());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #read(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    const wanted = Math.max(0, Math.min(buffer.length, this.sizeBytes - offsetBytes));
    for (let done = 0; done < wanted; ) {
      const at = offsetBytes + done;
      const piece = this.#pieceAt(at);
      const inPiece = at - piece.startBytes;
      const part = buffer.subarray(done, done + Math.min(wanted - done, piece.sizeBytes - inPiece));
      if (piece.open === null) part.fill(0);
      else {
        const image = await this.#opened(piece.startBytes, piece.open);
        const count = await image.read(part, inPiece);
        part.fill(0, count);
      }
      done += part.length;
    }
    return wanted;
  }

  /** The last part that begins at or before a byte. */
  #pieceAt(at: number): ImagePiece & { readonly startBytes: number } {
    let [low, high] = [0, this.#pieces.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#pieces[middle]?.startBytes ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return this.#pieces[low] ?? { sizeBytes: this.sizeBytes, open: null, startBytes: 0 };
  }

  async #opened(startBytes: number, open: () => Promise<DiskImage>): Promise<DiskImage> {
    if (this.#open?.startBytes === startBytes) return this.#open.image;
    await this.#closeOpen();
    const image = await open();
    this.#open = { startBytes, image };
    return image;
  }

  async #closeOpen(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.image.close();
  }
}
