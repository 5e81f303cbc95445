import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';

/** A run of neighbouring sectors. */
export interface SectorRun {
  readonly lba: number;
  readonly sectors: number;
}

/** Marker pieces of at most this many bytes are looked for on the datastore. */
const MARKER_BYTES = 32;
const MARKERS_MAX = 64;

type OnMarker = (bytes: Uint8Array, number: number, ledger: GuestLedger) => void;

/**
 * What the guests of one VM wrote, sector by sector: the observer's copy, against which the disk is compared, and the
 * markers that must never be seen on the datastore.
 */
export class GuestLedger {
  readonly #sectors = new Map<number, Uint8Array>();
  readonly #onMarker: OnMarker;
  readonly #markers: Uint8Array[] = [];

  /**
   * @param onMarker told each marker and its number, from 1, and by which ledger
   * @param isWhole false where guests wrote before this ledger began
   */
  constructor(
    onMarker: OnMarker = () => {},
    readonly isWhole = true,
  ) {
    this.#onMarker = onMarker;
  }

  /** The same notes, which then go their own way: for a disk as it was at one moment. */
  copy(): GuestLedger {
    const copy = new GuestLedger(this.#onMarker, this.isWhole);
    for (const [lba, bytes] of this.#sectors) copy.#sectors.set(lba, bytes);
    copy.#markers.push(...this.#markers);
    return copy;
  }

  /** Takes note of whole sectors that a guest wrote. `bytes` is copied. */
  wrote(lba: number, bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; offset += SECTOR_SIZE_BYTES) {
      this.#sectors.set(lba + offset / SECTOR_SIZE_BYTES, bytes.slice(offset, offset + SECTOR_SIZE_BYTES));
    }
    this.mark(bytes);
  }

  /** Takes the first piece of `bytes` that no other data would hold by chance as a marker; there may be none. */
  mark(bytes: Uint8Array): void {
    if (this.#markers.length >= MARKERS_MAX) return;
    for (let offset = 0; offset + MARKER_BYTES <= bytes.length; offset += MARKER_BYTES) {
      const piece = bytes.subarray(offset, offset + MARKER_BYTES);
      if (!isTelling(piece)) continue;
      const marker = piece.slice();
      this.#markers.push(marker);
      this.#onMarker(marker, this.#markers.length, this);
      return;
    }
  }

  /** Tells every marker once more: of a copy, that it has them too. */
  tellMarkers(): void {
    for (const [index, marker] of this.#markers.entries()) this.#onMarker(marker, index + 1, this);
  }

  /** Pieces of plaintext to look for. */
  markers(): readonly Uint8Array[] {
    return this.#markers;
  }

  /** Lays what the guests wrote over `bytes`, which were read from the image at sector `lba`. */
  layOver(bytes: Uint8Array, lba: number): void {
    const count = bytes.length / SECTOR_SIZE_BYTES;
    if (this.#sectors.size === 0) return;
    for (let index = 0; index < count; index++) {
      const sector = this.#sectors.get(lba + index);
      if (sector !== undefined) bytes.set(sector, index * SECTOR_SIZE_BYTES);
    }
  }

  /** The sectors that were written, in order, neighbours joined. */
  runs(): SectorRun[] {
    const runs: { lba: number; sectors: number }[] = [];
    for (const lba of [...this.#sectors.keys()].sort((a, b) => a - b)) {
      const last = runs.at(-1);
      if (last !== undefined && last.lba + last.sectors === lba) last.sectors++;
      else runs.push({ lba, sectors: 1 });
    }
    return runs;
  }
}

// Zeros, fillers and counters may stand in a clear file by chance; 32 bytes with 8 different values do not.
function isTelling(piece: Uint8Array): boolean {
  return new Set(piece).size >= 8;
}
