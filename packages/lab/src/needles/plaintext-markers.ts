/** A piece of what a guest wrote or an image held. */
export interface PlaintextMarker {
  readonly vm: string;
  /** Device key of its disk. */
  readonly disk: number;
  /** Of this disk, from 1. */
  readonly number: number;
  /** Whether the disk was encrypted then. */
  readonly encrypted: boolean;
  /** Whether the disk is plain now, as its host says. */
  readonly isPlainNow: () => Promise<boolean>;
  readonly bytes: Uint8Array;
}

/** The markers of all VMs, in the order in which they came. */
export class PlaintextMarkers {
  readonly #markers: PlaintextMarker[] = [];
  readonly #inClear = new Set<string>();
  readonly #byPiece = new Map<string, PlaintextMarker[]>();

  add(marker: PlaintextMarker): void {
    const piece = String(marker.bytes);
    this.#markers.push(marker);
    const same = this.#byPiece.get(piece);
    if (same) same.push(marker);
    else this.#byPiece.set(piece, [marker]);
    if (!marker.encrypted) this.#inClear.add(piece);
  }

  /** All but the first `count`. */
  from(count: number): readonly PlaintextMarker[] {
    return this.#markers.slice(count);
  }

  /** Says whether a plain VM has this piece, or a disk with it is plain now: it may be seen then. */
  async mayBeSeen({ bytes }: PlaintextMarker): Promise<boolean> {
    const piece = String(bytes);
    if (this.#inClear.has(piece)) return true;
    for (const { isPlainNow } of this.#byPiece.get(piece) ?? []) if (await isPlainNow()) return true;
    return false;
  }
}
