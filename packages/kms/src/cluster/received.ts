import { FRAME_BYTES_MAX } from '../store/journal-format.js';
import { storeLimits } from '../store/store-limits.js';
import { KmsError } from '../terms/errors.js';
import type { LinkMessage } from './link-message.js';

type Piece = Extract<LinkMessage, { type: 'Piece' }>;

/** No leader's journal is longer: it may pass its limit by one write. */
const JOURNAL_BYTES_MAX = storeLimits.journalBytesMax + storeLimits.reserveBytes + FRAME_BYTES_MAX;

/**
 * Bytes that came from the leader and are not in the replica yet. No more is held than a journal or a frame may have,
 * whatever the other side sends.
 */
export class Received {
  #parts: Uint8Array[] = [];
  #lengthBytes = 0;
  #lastPiece: Piece | null = null;

  /** Whether they are of a journal that takes the place of the replica's. */
  get replaces(): boolean {
    return this.#lastPiece?.replaces ?? false;
  }

  /** Whether the leader had no more. */
  get isUpToDate(): boolean {
    const piece = this.#lastPiece;
    return piece !== null && piece.offsetBytes + piece.bytes.length === piece.endBytes;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /**
   * One piece more; the first of a new journal begins anew.
   *
   * @param ownBytes length of the replica's own journal, 0 without one
   * @throws KmsError LEADER_UNREADABLE when it is not what comes next, or more than there can be
   */
  add(piece: Piece, ownBytes: number): void {
    if (piece.replaces && piece.offsetBytes === 0) this.drop(this.#lengthBytes);
    const wantedBytes = (piece.replaces ? 0 : ownBytes) + this.#lengthBytes;
    const isPossible =
      piece.offsetBytes === wantedBytes &&
      piece.offsetBytes + piece.bytes.length <= piece.endBytes &&
      piece.endBytes <= JOURNAL_BYTES_MAX &&
      (piece.replaces || (ownBytes > 0 && this.#lengthBytes <= FRAME_BYTES_MAX));
    if (!isPossible) throw outOfOrder();
    this.#parts.push(piece.bytes);
    this.#lengthBytes += piece.bytes.length;
    this.#lastPiece = piece;
  }

  bytes(): Uint8Array {
    this.#parts = [Uint8Array.from(Buffer.concat(this.#parts))];
    return this.#parts[0] ?? new Uint8Array(0);
  }

  drop(lengthBytes: number): void {
    this.#parts = lengthBytes < this.#lengthBytes ? [this.bytes().slice(lengthBytes)] : [];
    this.#lengthBytes -= lengthBytes;
  }
}

function outOfOrder(): KmsError {
  return new KmsError(
    'LEADER_UNREADABLE',
    'What the leader sent is not the next part of its journal.',
    'Check that --follow names the leader, and that both nodes run the same version.',
  );
}
