// What the virtual machines of a history must be: plain arrays, and what was kept of them.
import type { CryptoKeyId, VmUuid } from '@vcryptsim/ports';

export const SECTOR_BYTES = 512;
/** So much of its memory a guest uses, from the first byte on. */
export const MEMORY_BYTES = 32 * 4096;

/** What a guest must read of a disk. */
export class ModelDisk {
  bytes: Uint8Array;
  /** What a sector was before each write since the last flush: after a crash of the host it may be any of them. */
  readonly #older = new Map<number, Uint8Array[]>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get sectors(): number {
    return this.bytes.length / SECTOR_BYTES;
  }

  write(start: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
      const sector = start + at / SECTOR_BYTES;
      this.#older.set(sector, [...(this.#older.get(sector) ?? []), this.#sector(sector).slice()]);
    }
    this.bytes.set(bytes, start * SECTOR_BYTES);
  }

  /** All that was written stays, whatever comes. */
  settle(): void {
    this.#older.clear();
  }

  grow(sectors: number): void {
    const bytes = new Uint8Array(sectors * SECTOR_BYTES);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  /** Where what is read differs from what must be, or null. */
  differsAt(seen: Uint8Array): number | null {
    if (Buffer.compare(seen, this.bytes) === 0) return null;
    if (seen.length !== this.bytes.length) return Math.min(seen.length, this.bytes.length) / SECTOR_BYTES;
    for (let sector = 0; sector < this.sectors; sector++) {
      if (Buffer.compare(part(seen, sector), this.#sector(sector)) !== 0) return sector;
    }
    return null;
  }

  /** Takes over what a crash left: of each sector that was not flushed one of its states. Answers the first that is none, or null. */
  afterCrash(seen: Uint8Array): number | null {
    if (seen.length !== this.bytes.length) return 0;
    for (let sector = 0; sector < this.sectors; sector++) {
      const allowed = [this.#sector(sector), ...(this.#older.get(sector) ?? [])];
      if (!allowed.some((state) => Buffer.compare(state, part(seen, sector)) === 0)) return sector;
    }
    this.bytes = seen.slice();
    this.settle();
    return null;
  }

  #sector(sector: number): Uint8Array {
    return part(this.bytes, sector);
  }
}

function part(bytes: Uint8Array, sector: number): Uint8Array {
  return bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

/** What a snapshot keeps. */
export interface ModelSnapshot {
  readonly id: number;
  parentId: number | null;
  /** What the guest had in memory, null where that was not kept. */
  readonly memory: Uint8Array | null;
  readonly disks: ReadonlyMap<number, Uint8Array>;
}

/** A virtual machine as it must be. */
export interface ModelVm {
  readonly uuid: VmUuid;
  readonly name: string;
  power: 'on' | 'off' | 'suspended';
  /** By device key. */
  readonly disks: Map<number, ModelDisk>;
  /** What the guest has in memory; of a suspended one, what it goes on with. */
  memory: Uint8Array;
  snapshots: ModelSnapshot[];
  currentId: number | null;
  /** The KEK that all of it is under; null for a plain VM. */
  keyId: CryptoKeyId | null;
  /** Whether a linked clone rests on it, or it rests on another: neither is then recrypted, grown nor freed of that snapshot. */
  isLinked: boolean;
}

/** Whether each snapshot rests on the one before, and the VM on the last. */
export function isLinear({ snapshots, currentId }: ModelVm): boolean {
  const parents = snapshots.map(({ parentId }) => parentId);
  return new Set(parents).size === parents.length && currentId === (snapshots.at(-1)?.id ?? null);
}
