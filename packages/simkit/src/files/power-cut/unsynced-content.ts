import type { FileHandle } from '@vcryptsim/ports';
import { type Draw, SECTOR_BYTES } from './survivors.js';

/**
 * What one file was when it was last durable, as far as it has changed since: its length and the old bytes of each
 * changed sector. A sector of the durable length that is not here is unchanged.
 */
export class UnsyncedContent {
  #durableSizeBytes: number;
  readonly #old = new Map<number, Uint8Array>();
  /** Sectors that an fsync failed for: a later one does not bring them back. */
  readonly #stray = new Set<number>();

  /** @param sizeBytes the file's length now, which is durable */
  constructor(sizeBytes: number) {
    this.#durableSizeBytes = sizeBytes;
  }

  /** Old bytes that are held in memory. */
  get heldBytes(): number {
    return this.#old.size * SECTOR_BYTES;
  }

  /** Keeps what is about to change: bytes `startBytes` (included) to `endBytes` (left out). */
  async keep(handle: FileHandle, startBytes: number, endBytes: number): Promise<void> {
    const last = Math.ceil(endBytes / SECTOR_BYTES);
    for (const sector of [...this.#stray])
      if (sector >= sectorOf(startBytes) && sector < last) this.#stray.delete(sector);
    const limit = Math.min(last, this.#firstNew);
    for (let sector = sectorOf(startBytes); sector < limit; ) {
      let end = sector;
      while (end < limit && !this.#old.has(end)) end++;
      if (end > sector) await this.#read(handle, sector, end);
      sector = Math.max(end, sector + 1);
    }
  }

  /** Keeps what a new length takes away. */
  async keepBehind(handle: FileHandle, sizeBytes: number): Promise<void> {
    if (sizeBytes < this.#durableSizeBytes) await this.keep(handle, sizeBytes, this.#durableSizeBytes);
  }

  /** An fsync succeeded while the file was this long. */
  synced(sizeBytes: number): void {
    this.#durableSizeBytes = sizeBytes;
    for (const sector of this.#old.keys()) if (!this.#stray.has(sector)) this.#old.delete(sector);
  }

  /** An fsync failed while the file was this long. */
  syncFailed(sizeBytes: number): void {
    for (let sector = this.#firstNew; sector * SECTOR_BYTES < sizeBytes; sector++)
      if (!this.#old.has(sector)) this.#old.set(sector, new Uint8Array(0));
    for (const sector of this.#old.keys()) this.#stray.add(sector);
  }

  /** Makes the file what a power cut leaves of it. */
  async restore(handle: FileHandle, draw: Draw): Promise<void> {
    const sizeBytes = await handle.sizeBytes();
    const leftBytes = sizeBytes === this.#durableSizeBytes || draw.survives() ? sizeBytes : this.#durableSizeBytes;
    const changed = new Set(this.#old.keys());
    for (let sector = this.#firstNew; sector * SECTOR_BYTES < sizeBytes; sector++) changed.add(sector);
    for (const sector of [...changed].sort((a, b) => a - b)) {
      const startBytes = sector * SECTOR_BYTES;
      const newBytes = draw.newBytes();
      const room = Math.min(SECTOR_BYTES, leftBytes - startBytes);
      if (newBytes >= room) continue;
      const bytes = new Uint8Array(room);
      bytes.set((this.#old.get(sector) ?? new Uint8Array(0)).subarray(0, room));
      await handle.pwrite(bytes.subarray(newBytes), startBytes + newBytes);
    }
    if (leftBytes !== sizeBytes) await handle.truncate(leftBytes);
  }

  /** The first sector that the durable length does not reach. */
  get #firstNew(): number {
    return Math.ceil(this.#durableSizeBytes / SECTOR_BYTES);
  }

  async #read(handle: FileHandle, from: number, to: number): Promise<void> {
    const startBytes = from * SECTOR_BYTES;
    const bytes = new Uint8Array(Math.min(to * SECTOR_BYTES, this.#durableSizeBytes) - startBytes);
    await handle.pread(bytes, startBytes);
    for (let sector = from; sector < to; sector++) {
      const at = (sector - from) * SECTOR_BYTES;
      this.#old.set(sector, bytes.subarray(at, at + SECTOR_BYTES));
    }
  }
}

function sectorOf(offsetBytes: number): number {
  return Math.floor(offsetBytes / SECTOR_BYTES);
}
