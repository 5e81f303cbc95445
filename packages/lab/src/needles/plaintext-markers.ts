/** A piece of what a guest wrote or an image held. */
export interface PlaintextMarker {
  readonly vm: string;
  /** Of this VM, from 1. */
  readonly number: number;
  readonly encrypted: boolean;
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
