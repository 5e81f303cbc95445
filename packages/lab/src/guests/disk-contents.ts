import type { DiskInfo, SnapshotInfo, VmInfo } from '@vcryptsim/hypervisor/api';
import type { DiskUuid, VmUuid } from '@vcryptsim/ports';
import type { PlaintextMarkers } from '../needles/plaintext-markers.js';

import { GuestLedger } from './guest-ledger.js';
import type { DiskImage } from './image.js';

/** What the observer knows of the content of one disk. */
export interface DiskContent {
  /** What filled the disk; null for zeros. */
  readonly image: DiskImage | null;
  readonly ledger: GuestLedger;
}

/** The VM that has a disk, and what the disk was when it was last looked at. */
interface Home {
  readonly vm: Owner;
  readonly disk: DiskUuid;
  readonly deviceKey: DiskInfo['deviceKey'];
  readonly fileName: string;
  readonly encrypted: boolean;
}

/** A VM, with the name that it has now. */
type Owner = Pick<VmInfo, 'uuid' | 'name'>;

/** The content of a disk, and the VM that has it; a linked clone has a disk of its source's UUID. */
interface Held extends DiskContent {
  readonly home: Home;
}

/**
 * What the observer knows of the content of disks, by VM and disk: it goes with a disk from one VM to another, goes back
 * with a VM that is reverted to a snapshot, and is copied with a clone.
 */
export class DiskContents {
  readonly #markers: PlaintextMarkers;
  readonly #infoOf: (vm: VmUuid) => Promise<VmInfo | null>;
  readonly #held = new Map<string, Held>();
  /** Disks that no VM has, by their files. */
  readonly #loose = new Map<string, DiskContent>();
  readonly #frozen = new Map<string, ReadonlyMap<DiskUuid, DiskContent>>();
  readonly #homes = new WeakMap<GuestLedger, Home>();

  /**
   * @param markers takes what must not be seen in clear where it is encrypted
   * @param infoOf asks the host of a VM; null where it is on no running host
   */
  constructor(markers: PlaintextMarkers, infoOf: (vm: VmUuid) => Promise<VmInfo | null>) {
    this.#markers = markers;
    this.#infoOf = infoOf;
  }

  /** A disk that was just made, with what fills it. */
  made(vm: Owner, disk: DiskInfo, image: DiskImage | null): void {
    this.#hold(vm, disk, { image, ledger: this.#ledger(true) });
  }

  /**
   * The content of a disk that a VM has now. Of one that nobody saw before it is not known what its guests wrote.
   */
  of(vm: Owner, disk: DiskInfo): DiskContent {
    const known = this.#held.get(heldKey(vm.uuid, disk.uuid)) ?? this.#loose.get(disk.fileName);
    this.#loose.delete(disk.fileName);
    return this.#hold(vm, disk, known ?? { image: null, ledger: this.#ledger(false) });
  }

  /** Lets go of the disks that a VM had and has no more; they may come back in another one. */
  release(vm: VmUuid, now: readonly DiskInfo[]): void {
    const there = new Set(now.map(({ uuid }) => uuid));
    for (const [key, { home, image, ledger }] of this.#held) {
      if (home.vm.uuid !== vm || there.has(home.disk)) continue;
      this.#held.delete(key);
      this.#loose.set(home.fileName, { image, ledger });
    }
  }

  /** Keeps what disks of a VM hold at the moment of a snapshot. */
  freeze(vm: VmUuid, snapshot: SnapshotInfo['id'], disks: readonly DiskUuid[]): void {
    const contents = disks.flatMap((disk): [DiskUuid, DiskContent][] => {
      const held = this.#held.get(heldKey(vm, disk));
      return held === undefined ? [] : [[disk, this.#copyOf(held, held.home)]];
    });
    this.#frozen.set(frozenKey(vm, snapshot), new Map(contents));
  }

  /** Disks of a VM hold again what they held then. Of a snapshot that nobody saw it is not known what that was. */
  revert(vm: VmUuid, snapshot: SnapshotInfo['id'], disks: readonly DiskUuid[]): void {
    const frozen = this.#frozen.get(frozenKey(vm, snapshot));
    for (const disk of disks) {
      const held = this.#held.get(heldKey(vm, disk));
      const then = frozen?.get(disk);
      if (held === undefined) continue;
      const content = then === undefined ? { image: null, ledger: this.#ledger(false) } : this.#copyOf(then, held.home);
      this.#homes.set(content.ledger, held.home);
      this.#held.set(heldKey(vm, disk), { ...content, home: held.home });
    }
  }

  /**
   * A disk of a copy holds what that of the source holds now, or held at a snapshot of it. What must not be seen in clear of
   * the one must not of the other.
   */
  clone(
    source: { readonly vm: VmUuid; readonly disk: DiskUuid; readonly snapshot: number | null },
    vm: Owner,
    disk: DiskInfo,
  ) {
    const { snapshot } = source;
    const found =
      snapshot === null
        ? this.#held.get(heldKey(source.vm, source.disk))
        : this.#frozen.get(frozenKey(source.vm, snapshot))?.get(source.disk);
    if (found === undefined) return;
    const content = this.#copyOf(found, homeOf(vm, disk));
    this.#hold(vm, disk, content);
    content.ledger.tellMarkers();
  }

  /** Every image that fills a disk, each once. */
  images(): readonly DiskImage[] {
    const frozen = [...this.#frozen.values()].flatMap((contents) => [...contents.values()]);
    const all = [...this.#held.values(), ...this.#loose.values(), ...frozen];
    return [...new Set(all.flatMap(({ image }) => image ?? []))];
  }

  #hold(vm: Owner, disk: DiskInfo, { image, ledger }: DiskContent): DiskContent {
    const home = homeOf(vm, disk);
    this.#homes.set(ledger, home);
    this.#held.set(heldKey(vm.uuid, disk.uuid), { image, ledger, home });
    return { image, ledger };
  }

  #copyOf({ image, ledger }: DiskContent, home: Home): DiskContent {
    const copy = ledger.copy();
    this.#homes.set(copy, home);
    return { image, ledger: copy };
  }

  #ledger(isWhole: boolean): GuestLedger {
    return new GuestLedger((bytes, number, ledger) => this.#mark(bytes, number, ledger), isWhole);
  }

  #mark(bytes: Uint8Array, number: number, ledger: GuestLedger): void {
    const home = this.#homes.get(ledger);
    if (home === undefined) return;
    const isPlainNow = async () => {
      const { vm, disk } = this.#homes.get(ledger) ?? home;
      const found = (await this.#infoOf(vm.uuid))?.disks.find(({ uuid }) => uuid === disk);
      return found !== undefined && found.keyId === null;
    };
    const { vm, deviceKey, encrypted } = home;
    this.#markers.add({ vm: vm.name, disk: deviceKey, number, encrypted, isPlainNow, bytes });
  }
}

function homeOf({ uuid, name }: Owner, { uuid: disk, deviceKey, fileName, keyId }: DiskInfo): Home {
  return { vm: { uuid, name }, disk, deviceKey, fileName, encrypted: keyId !== null };
}

function heldKey(vm: VmUuid, disk: DiskUuid): string {
  return `${vm} ${disk}`;
}

function frozenKey(vm: VmUuid, snapshot: number): string {
  return `${vm} ${snapshot}`;
}
