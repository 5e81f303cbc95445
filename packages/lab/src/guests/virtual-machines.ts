import { type EsxiHost, type GuestDisk, type GuestMemoryPort, GuestProgram } from '@vcryptsim/hypervisor';
import { HypervisorError, type SnapshotInfo, type SnapshotList, type VmInfo } from '@vcryptsim/hypervisor/api';
import {
  assert,
  type DiskUuid,
  type FileSystem,
  type HostName,
  type MoRef,
  SECTOR_SIZE_BYTES,
  sectorCount,
  sectorIndex,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import {
  ADMINISTRATOR,
  type CreateVmArguments,
  DATASTORE_DEFAULT,
  type Session,
  type VCenter,
} from '@vcryptsim/vcenter';
import { createVm } from '@vcryptsim/vcenter/catalogue';
import { LabError } from '../errors/lab-error.js';
import { succeed } from '../errors/task-error.js';
import { InventoryNames } from '../names/inventory-names.js';
import { inFirstThatKnows, vmAnywhere } from '../names/vcenter-of.js';
import type { PlaintextMarkers } from '../needles/plaintext-markers.js';
import type { HostRack } from '../racks/host-rack.js';
import type { Lab } from '../topology/topology.js';
import { disksOf, type LabDisk, type LabVm } from '../topology/vm.js';
import { type DiskContent, DiskContents } from './disk-contents.js';
import { openDiskImage } from './disk-image.js';
import type { GuestLedger } from './guest-ledger.js';
import type { DiskImage } from './image.js';

/** How many places of an image are looked at for markers. */
const IMAGE_SAMPLES = 24;
const SAMPLE_BYTES = 4096;

/** One disk of a VM, with what the observer knows of its content. */
export interface TrackedDisk extends DiskContent {
  readonly deviceKey: number;
  readonly uuid: DiskUuid;
  readonly capacityBytes: number;
}

/** One VM, with what the observer knows of its disks. */
export interface TrackedVm {
  readonly name: string;
  readonly uuid: VmUuid;
  /** In the order in which the VM has them. */
  readonly disks: readonly TrackedDisk[];
}

/** Where the images of a lab's disks are. */
export interface ImagePlaces {
  readonly lab: Lab;
  readonly files: FileSystem;
  /** Images of the lab are looked for there. */
  readonly scenarioFolder: string;
  /** An image of the user's that takes the place of the first VM's first disk: an absolute path. */
  readonly diskImage?: string;
}

/** Those who make VMs and run them. */
export interface VmMakers {
  /** By name, the first one first. */
  readonly vcenters: ReadonlyMap<string, VCenter>;
  readonly hosts: HostRack;
}

/**
 * The VMs of a world. Where a VM is and which disks it has is asked of vCenter and its host at that moment; kept is only
 * what the observer alone knows: what filled a disk and what its guests wrote, by the VM's UUID.
 */
export class VirtualMachines {
  readonly #makers: VmMakers;
  readonly #images: ImagePlaces;
  readonly #tracked = new Map<VmUuid, TrackedVm>();
  readonly #contents: DiskContents;

  /** @param markers takes what must not be seen in clear where it is encrypted */
  constructor(makers: VmMakers, images: ImagePlaces, markers: PlaintextMarkers) {
    this.#makers = makers;
    this.#images = images;
    this.#contents = new DiskContents(markers, (uuid) => this.#infoOf(uuid));
  }

  /** Every VM that was created here or looked at, also one that vCenter no longer knows. */
  all(): readonly TrackedVm[] {
    return [...this.#tracked.values()];
  }

  /** The VM of this name. @throws LabError VM_NOT_CREATED, NAME_AMBIGUOUS */
  async find(name: string): Promise<TrackedVm> {
    const { uuid, name: now } = this.#vm(name).vm;
    return this.#track(uuid, now);
  }

  /** A disk of a VM. @param number from 1, as in "Hard disk 1" @throws LabError VM_NOT_CREATED; DISK_NOT_THERE */
  async disk(name: string, number = 1): Promise<TrackedDisk> {
    const vm = await this.find(name);
    const disk = vm.disks[number - 1];
    if (disk) return disk;
    const has = vm.disks.length === 1 ? '1 disk' : `${vm.disks.length} disks`;
    throw new LabError('DISK_NOT_THERE', `VM ${name} has ${has}; there is no disk ${number}.`);
  }

  /**
   * Creates a VM through vCenter, and fills its disks from their images.
   *
   * @param onProgress told bytes done and bytes in all while an image is imported
   * @param login who asks, in which vCenter; the administrator when left out
   * @param spec what it is to be; as the lab has it when left out
   * @param vcenters which may make it: the first that has its host does
   */
  async create(
    name: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
    login: (vcenter: VCenter) => Session = (vcenter) => vcenter.login(ADMINISTRATOR, 'client'),
    spec = this.#images.lab.vms[name],
    vcenters: Iterable<VCenter> = this.#makers.vcenters.values(),
  ): Promise<TrackedVm> {
    if (spec === undefined) {
      throw new LabError('VM_NOT_CREATED', `The lab has no VM ${name}. Say what it is to be: host and disk.`);
    }
    const images = await imagesOf(name, spec, this.#images);
    try {
      const vcenter = inFirstThatKnows(vcenters, (names, each) => names.host(spec.host) && each);
      return await this.#create(name, spec, images, { vcenter, session: login(vcenter) }, onProgress);
    } catch (error) {
      for (const image of images) await image?.close();
      throw error;
    }
  }

  async #create(
    name: string,
    spec: LabVm,
    images: readonly (DiskImage | null)[],
    { vcenter, session }: { readonly vcenter: VCenter; readonly session: Session },
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<TrackedVm> {
    const names = new InventoryNames(vcenter);
    const args = this.#request(name, spec, images, names);
    const folder = names.folder(spec.folder, 'vm', args.host);
    const ref = succeed(await session.run(createVm, folder, args)) as MoRef<'VirtualMachine'>;
    const vm = vcenter.vm(ref);
    assert(vm, 'a VM that was made is in the inventory');
    const info = await this.#infoOf(vm.uuid);
    assert(info, 'a VM that was made is on its host');
    for (const [index, disk] of info.disks.entries()) this.#contents.made(vm, disk, images[index] ?? null);
    const tracked = this.#take(vm.uuid, name, info);
    for (const { deviceKey, image, ledger } of tracked.disks) {
      if (image === null) continue;
      await markSamples(image, ledger);
      await this.#makers.hosts
        .running(vcenter.host(vm.host)?.name ?? spec.host)
        .importDisk(vm.uuid, deviceKey, image, onProgress);
    }
    return tracked;
  }

  #request(name: string, spec: LabVm, images: readonly (DiskImage | null)[], names: InventoryNames): CreateVmArguments {
    const disks = disksOf(spec).map((disk, index) => {
      const image = images[index] ?? null;
      const capacityBytes = image === null ? (disk.size ?? 0) : Math.max(image.sizeBytes, ownSize(disk, image));
      return {
        capacity: sectorCount(capacityBytes / SECTOR_SIZE_BYTES),
        dataUnitSizeBytes: disk.dataUnit,
        ...(disk.provisioning === undefined ? {} : { provisioning: disk.provisioning }),
        fill: image === null ? ('zeros' as const) : ('later' as const),
        ...(disk.policy === undefined ? {} : { policy: disk.policy }),
      };
    });
    return {
      ...{ name: name as VmName, host: names.host(spec.host), disks },
      ...(spec.policy === DATASTORE_DEFAULT ? {} : { policy: spec.policy }),
      ...(spec.datastore === undefined ? {} : { datastore: spec.datastore }),
      ...(spec.product === undefined ? {} : { product: spec.product }),
    };
  }

  /**
   * Takes up the VMs that vCenter knows and an earlier process made. What their guests wrote then is not known here: the
   * disks cannot be compared with it.
   */
  async adopt(): Promise<void> {
    const infos = new Map<VmUuid, VmInfo>();
    for (const host of this.#makers.hosts.allUp()) for (const info of await host.vms()) infos.set(info.uuid, info);
    for (const vcenter of this.#makers.vcenters.values()) {
      for (const { uuid, name } of vcenter.vms()) this.#take(uuid, name, infos.get(uuid) ?? null);
    }
  }

  async #track(uuid: VmUuid, name: string): Promise<TrackedVm> {
    const info = await this.#infoOf(uuid);
    const known = this.#tracked.get(uuid);
    // While its host is down, or its files cannot be read, it is taken to be as it was.
    const isUnknown = info === null || (info.disks.length === 0 && info.connectionState !== 'connected');
    return known !== undefined && isUnknown ? this.#keep({ ...known, name }) : this.#take(uuid, name, info);
  }

  /** Takes a VM over as its host has it. */
  #take(uuid: VmUuid, name: string, info: VmInfo | null): TrackedVm {
    const disks = (info?.disks ?? []).map((disk): TrackedDisk => {
      const content = this.#contents.of({ uuid, name: name as VmName }, disk);
      const capacityBytes = disk.capacity * SECTOR_SIZE_BYTES;
      return { ...content, deviceKey: disk.deviceKey, uuid: disk.uuid, capacityBytes };
    });
    if (info !== null) this.#contents.release(uuid, info.disks);
    return this.#keep({ name, uuid, disks });
  }

  #keep(tracked: TrackedVm): TrackedVm {
    this.#tracked.set(tracked.uuid, tracked);
    return tracked;
  }

  /** The snapshots of a VM, as its host has them. @throws LabError VM_NOT_CREATED, NAME_AMBIGUOUS; NetworkError REFUSED */
  snapshots(name: string): Promise<SnapshotList> {
    return this.running(name).snapshots(this.#vm(name).vm.uuid);
  }

  /**
   * A snapshot of a VM by its name or its number, or the current one.
   *
   * @throws LabError NAME_NOT_FOUND, NAME_AMBIGUOUS; as {@link snapshots}
   */
  async snapshot(name: string, wanted?: string): Promise<SnapshotInfo> {
    const { snapshots, currentId } = await this.snapshots(name);
    const found = snapshots.filter((each) =>
      wanted === undefined ? each.id === currentId : each.name === wanted || String(each.id) === wanted,
    );
    const [first, ...others] = found;
    if (first && others.length === 0) return first;
    const there = snapshots.map((each) => `${each.name} (${each.id})`).join(', ') || 'none';
    const which = wanted === undefined ? 'no current snapshot' : `no snapshot '${wanted}'`;
    throw first
      ? new LabError(
          'NAME_AMBIGUOUS',
          `VM ${name} has ${found.length} snapshots of the name '${wanted}': ${there}. Write the number of the one that is meant.`,
        )
      : new LabError('NAME_NOT_FOUND', `VM ${name} has ${which}; there are: ${there}.`);
  }

  /** Takes note of what a VM's disks hold now that a snapshot of it was taken. */
  async noteSnapshot(name: string, id: SnapshotInfo['id']): Promise<void> {
    const { uuid, frozen } = await this.#frozenBy(name, id);
    this.#contents.freeze(uuid, id, frozen);
  }

  /** Takes note that a VM's disks hold again what they held at a snapshot. */
  async noteRevert(name: string, id: SnapshotInfo['id']): Promise<void> {
    const { uuid, frozen } = await this.#frozenBy(name, id);
    this.#contents.revert(uuid, id, frozen);
  }

  /** Takes note that the disks of a new VM hold what those of another one hold, or held at a snapshot of it. */
  async noteClone(name: string, copy: string, snapshot: SnapshotInfo['id'] | null): Promise<void> {
    const source = await this.find(name);
    const { uuid, name: called } = this.#vm(copy).vm;
    for (const disk of (await this.#infoOf(uuid))?.disks ?? []) {
      const own = source.disks.find(({ deviceKey }) => deviceKey === disk.deviceKey);
      if (own === undefined) continue;
      this.#contents.clone({ vm: source.uuid, disk: own.uuid, snapshot }, { uuid, name: called }, disk);
    }
    await this.find(copy);
  }

  /** Takes note of a disk that was made for a VM: it holds zeros. */
  async noteNewDisk(name: string, known: readonly DiskUuid[]): Promise<void> {
    const { uuid, name: called } = this.#vm(name).vm;
    const fresh = ((await this.#infoOf(uuid))?.disks ?? []).filter((disk) => !known.includes(disk.uuid));
    for (const disk of fresh) this.#contents.made({ uuid, name: called }, disk, null);
    await this.find(name);
  }

  /** The disks that a snapshot froze, and that the VM has now. */
  async #frozenBy(name: string, id: SnapshotInfo['id']) {
    const { uuid, disks } = await this.find(name);
    const snapshot = await this.snapshot(name, String(id));
    const keys = new Set(snapshot.disks.map(({ deviceKey }) => deviceKey));
    const frozen = disks.filter(({ deviceKey }) => keys.has(deviceKey)).map((disk) => disk.uuid);
    return { uuid, frozen };
  }

  /** The reference under which vCenter knows a VM now. @throws LabError VM_NOT_CREATED, NAME_AMBIGUOUS */
  refOf(name: string): MoRef<'VirtualMachine'> {
    return this.#vm(name).vm.id;
  }

  /** The VM as its host sees it now, or null when it is not on any running host. @throws LabError NAME_AMBIGUOUS */
  async now(name: string): Promise<VmInfo | null> {
    try {
      return await this.#infoOf(this.#vm(name).vm.uuid);
    } catch (error) {
      if (error instanceof LabError && error.code === 'VM_NOT_CREATED') return null;
      throw error;
    }
  }

  /** The host on which a VM is, as vCenter knows it. @throws NetworkError REFUSED while it is down; LabError VM_NOT_CREATED */
  running(name: string): EsxiHost {
    // Of several vCenters with the same VM the one that is named: it may be registered on a host of each.
    const { vcenter, vm } = this.#vm(name);
    const host = vcenter.host(vm.host)?.name;
    assert(host, 'a VM in the inventory is on a host of it');
    return this.#makers.hosts.running(host);
  }

  /** Opens a VM's disk as its guest does, lends it to `use`, and closes it. @param number of the disk, from 1 */
  async asGuest<T>(name: string, use: (disk: GuestDisk, tracked: TrackedDisk) => Promise<T>, number = 1): Promise<T> {
    const host = this.running(name);
    const { uuid } = this.#vm(name).vm;
    const tracked = await this.disk(name, number);
    const disk = await host.openDisk(uuid, tracked.deviceKey);
    try {
      return await use(disk, tracked);
    } finally {
      await disk.close();
    }
  }

  /** Opens a VM's memory as its guest does, lends it to `use`, and closes it. */
  async asMemory<T>(name: string, use: (memory: GuestMemoryPort) => Promise<T>): Promise<T> {
    const memory = await this.running(name).openMemory(this.#vm(name).vm.uuid);
    try {
      return await use(memory);
    } finally {
      await memory.close();
    }
  }

  /** Lends the program that runs in a VM's guest to `use`: it writes memory and one disk. @param number of the disk, from 1 */
  async asProgram<T>(name: string, seed: number, use: (program: GuestProgram) => Promise<T>, number = 1): Promise<T> {
    const onDisk =
      (memory: GuestMemoryPort) =>
      (disk: GuestDisk, { capacityBytes, ledger }: TrackedDisk) =>
        use(
          new GuestProgram({
            ...{ seed, memory, sector: (index: number) => index },
            disk: {
              capacity: capacityBytes / SECTOR_SIZE_BYTES,
              readSectors: (lba, buffer) => disk.readSectors(sectorIndex(lba), buffer),
              writeSectors: async (lba, bytes) => {
                await disk.writeSectors(sectorIndex(lba), bytes);
                ledger.wrote(lba, bytes);
              },
              flush: () => disk.flush(),
            },
          }),
        );
    return this.asMemory(name, (memory) => this.asGuest(name, onDisk(memory), number));
  }

  #vm(name: string) {
    return vmAnywhere(this.#makers.vcenters, name);
  }

  #hostNameOf(uuid: VmUuid): HostName | null {
    for (const vcenter of this.#makers.vcenters.values()) {
      const vm = vcenter.vmOf(uuid);
      if (vm) return vcenter.host(vm.host)?.name ?? null;
    }
    return null;
  }

  async #infoOf(uuid: VmUuid): Promise<VmInfo | null> {
    const name = this.#hostNameOf(uuid);
    const host = name === null ? null : this.#makers.hosts.up(name);
    try {
      return (await host?.vm(uuid)) ?? null;
    } catch (error) {
      if (error instanceof HypervisorError && error.code === 'VM_NOT_FOUND') return null;
      throw error;
    }
  }

  /** Closes the images. */
  async dispose(): Promise<void> {
    for (const image of this.#contents.images()) await image.close();
  }
}

/** Opens every image that a run will need and closes it again, so that a wrong one is told before anything is made. */
export async function checkImages(images: ImagePlaces): Promise<void> {
  for (const [name, spec] of Object.entries(images.lab.vms)) {
    for (const image of await imagesOf(name, spec, images)) await image?.close();
  }
}

/** Opens the images of a VM's disks; the user's own takes the place of the first VM's first disk. */
async function imagesOf(name: string, spec: LabVm, places: ImagePlaces): Promise<(DiskImage | null)[]> {
  const { files, diskImage, scenarioFolder, lab } = places;
  const isFirst = diskImage !== undefined && Object.keys(lab.vms)[0] === name;
  const open: (DiskImage | null)[] = [];
  try {
    for (const [index, { image }] of disksOf(spec).entries()) {
      const path = isFirst && index === 0 ? diskImage : image;
      const at = path === undefined || path.startsWith('/') ? path : `${scenarioFolder}/${path}`;
      open.push(at === undefined ? null : await openDiskImage(files, at));
    }
    return open;
  } catch (error) {
    for (const image of open) await image?.close();
    throw error;
  }
}

/** The size that the lab asks for, where it asks and the image is the lab's own. */
function ownSize(disk: LabDisk, image: DiskImage): number {
  return disk.image === undefined ? 0 : (disk.size ?? image.sizeBytes);
}

/** Takes pieces from all over an image as markers: none of them may ever be seen on the datastore. */
async function markSamples(image: DiskImage, ledger: GuestLedger): Promise<void> {
  const sectors = image.sizeBytes / SECTOR_SIZE_BYTES;
  const buffer = new Uint8Array(SAMPLE_BYTES);
  for (let sample = 0; sample < IMAGE_SAMPLES; sample++) {
    const lba = Math.floor((sectors * sample) / IMAGE_SAMPLES);
    const count = await image.read(buffer, lba * SECTOR_SIZE_BYTES);
    ledger.mark(buffer.subarray(0, count));
  }
}
