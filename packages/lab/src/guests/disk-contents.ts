import type { SnapshotInfo } from '@vcryptsim/hypervisor/api';
import type { DiskUuid, VmUuid } from '@vcryptsim/ports';
import type { GuestLedger } from './guest-ledger.js';
import type { DiskImage } from './image.js';

/** What the observer knows of the content of one disk, whatever VM has it. */
export interface DiskContent {
  /** What filled the disk; null for zeros. */
  readonly image: DiskImage | null;
  readonly ledger: GuestLedger;
}

/**
 * What the observer knows of the content of disks, by the UUID of each: it stays with a disk that goes from one VM to
 * another, and goes back with one that is reverted to a snapshot.
 */
export class DiskContents {
  readonly #now = new Map<DiskUuid, DiskContent>();
  readonly #frozen = new Map<string, ReadonlyMap<DiskUuid, DiskContent>>();

  of(disk: DiskUuid): DiskContent | undefined {
    return this.#now.get(disk);
  }

  put(disk: DiskUuid, content: DiskContent): DiskContent {
    this.#now.set(disk, content);
    return content;
  }

  /** Keeps what the disks of a VM hold at the moment of a snapshot. */
  freeze(vm: VmUuid, snapshot: SnapshotInfo['id'], disks: readonly DiskUuid[]): void {
    const contents = disks.flatMap((disk): [DiskUuid, DiskContent][] => {
      const content = this.#now.get(disk);
      return content === undefined ? [] : [[disk, copyOf(content)]];
    });
    this.#frozen.set(snapshotKey(vm, snapshot), new Map(contents));
  }

  /** The disks of a VM hold again what they held then. Of a snapshot that was not seen nothing is known: their ledgers are lost. */
  revert(vm: VmUuid, snapshot: SnapshotInfo['id'], disks: readonly DiskUuid[]): void {
    const frozen = this.#frozen.get(snapshotKey(vm, snapshot));
    for (const disk of disks) {
      const then = frozen?.get(disk);
      if (then !== undefined) this.#now.set(disk, copyOf(then));
      else this.#now.delete(disk);
    }
  }

  /** A copy of a disk holds what the disk holds now, or held at a snapshot of the VM that has it. */
  copy(disk: DiskUuid, at?: { readonly vm: VmUuid; readonly snapshot: SnapshotInfo['id'] }): DiskContent | undefined {
    const source = at === undefined ? this.#now : this.#frozen.get(snapshotKey(at.vm, at.snapshot));
    const content = source?.get(disk);
    return content && copyOf(content);
  }

  /** Every image that fills a disk, each once. */
  images(): readonly DiskImage[] {
    const all = [this.#now, ...this.#frozen.values()].flatMap((contents) => [...contents.values()]);
    return [...new Set(all.flatMap(({ image }) => image ?? []))];
  }
}

function copyOf({ image, ledger }: DiskContent): DiskContent {
  return { image, ledger: ledger.copy() };
}

function snapshotKey(vm: VmUuid, snapshot: number): string {
  return `${vm} ${snapshot}`;
}
