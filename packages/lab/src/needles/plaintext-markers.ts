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

  add(marker: PlaintextMarker): void {
    this.#markers.push(marker);
    if (!marker.encrypted) this.#inClear.add(String(marker.bytes));
  }

  /** All but the first `count`. */
  from(count: number): readonly PlaintextMarker[] {
    return this.#markers.slice(count);
  }

  /** Says whether a plain VM has this piece, given as `String(bytes)`. */
  isInClear(piece: string): boolean {
    return this.#inClear.has(piece);
  }
}
