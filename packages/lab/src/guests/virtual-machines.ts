import type { EsxiHost, GuestDisk } from '@vcryptsim/hypervisor';
import { HypervisorError, type VmInfo } from '@vcryptsim/hypervisor/api';
import {
  assert,
  type FileSystem,
  type HostName,
  type MoRef,
  SECTOR_SIZE_BYTES,
  sectorCount,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import { ADMINISTRATOR, type Session, type VCenter } from '@vcryptsim/vcenter';
import { createVm } from '@vcryptsim/vcenter/catalogue';
import { LabError } from '../errors/lab-error.js';
import { succeed } from '../errors/task-error.js';
import type { PlaintextMarkers } from '../needles/plaintext-markers.js';
import type { HostRack } from '../racks/host-rack.js';
import type { Lab, LabVm } from '../topology/topology.js';
import { type DiskImage, openDiskImage } from './disk-image.js';
import { GuestLedger } from './guest-ledger.js';

/** vSphere numbers the disks of a VM from here. */
const FIRST_DISK = 2000;
/** How many places of an image are looked at for markers. */
const IMAGE_SAMPLES = 24;
const SAMPLE_BYTES = 4096;

/** One VM that a step created, with what the observer knows about its disk. */
export interface TrackedVm {
  readonly name: string;
  readonly uuid: VmUuid;
  readonly deviceKey: number;
  readonly encrypted: boolean;
  readonly capacityBytes: number;
  /** What filled the disk; null for zeros. */
  readonly image: DiskImage | null;
  readonly ledger: GuestLedger;
}

/** Where the images of a lab's disks are. */
export interface ImagePlaces {
  readonly lab: Lab;
  readonly files: FileSystem;
  /** Images of the lab are looked for there. */
  readonly scenarioFolder: string;
  /** An image of the user's that takes the place of the first VM's disk: an absolute path. */
  readonly diskImage?: string;
}

/** Those who make VMs and run them. */
export interface VmMakers {
  readonly vcenter: VCenter;
  readonly hosts: HostRack;
}

/** The VMs of a run, by name. */
export class VirtualMachines {
  readonly #makers: VmMakers;
  readonly #images: ImagePlaces;
  readonly #tracked = new Map<string, TrackedVm>();
  readonly #markers: PlaintextMarkers;

  /** @param markers takes what must not be seen in clear where it is encrypted */
  constructor(makers: VmMakers, images: ImagePlaces, markers: PlaintextMarkers) {
    this.#makers = makers;
    this.#images = images;
    this.#markers = markers;
  }

  /** Every VM that was created. */
  all(): readonly TrackedVm[] {
    return [...this.#tracked.values()];
  }

  /** The VM of this name. @throws LabError VM_NOT_CREATED */
  get(name: string): TrackedVm {
    const vm = this.#tracked.get(name);
    if (vm === undefined) {
      throw new LabError('VM_NOT_CREATED', `VM ${name} does not exist yet. Create it first: vm.create: ${name}`);
    }
    return vm;
  }

  /**
   * Creates a VM of the lab through vCenter, and fills its disk from its image where it has one.
   *
   * @param onProgress told bytes done and bytes in all while an image is imported
   * @param session who asks; the administrator when left out
   */
  async create(
    name: string,
    onProgress: (doneBytes: number, totalBytes: number) => void,
    session: Session = this.#makers.vcenter.login(ADMINISTRATOR, 'client'),
  ): Promise<TrackedVm> {
    const { vcenter, hosts } = this.#makers;
    const spec = this.#images.lab.vms[name] as LabVm;
    const image = await imageOf(name, this.#images);
    const capacityBytes = image === null ? (spec.disk.size ?? 0) : Math.max(image.sizeBytes, ownSize(spec, image));
    const encrypted = spec.policy === 'VM Encryption Policy';
    const disk = {
      capacity: sectorCount(capacityBytes / SECTOR_SIZE_BYTES),
      dataUnitSizeBytes: spec.disk.dataUnit,
      fill: image === null ? ('zeros' as const) : ('later' as const),
    };
    const host = vcenter.hosts().find((each) => each.name === spec.host);
    const [datacenter] = vcenter.datacenters();
    assert(host && datacenter, 'a lab has its hosts, in a datacenter');
    const request = { name: name as VmName, host: host.id, disks: [disk] };
    const args = encrypted ? { ...request, policy: spec.policy } : request;
    const ref = succeed(await session.run(createVm, datacenter.vmFolder, args)) as MoRef<'VirtualMachine'>;
    const uuid = vcenter.vm(ref)?.uuid;
    assert(uuid, 'a VM that was made is in the inventory');
    const ledger = new GuestLedger((bytes, number) => this.#markers.add({ vm: name, number, encrypted, bytes }));
    const vm = { name, uuid, deviceKey: FIRST_DISK, encrypted, capacityBytes, image, ledger };
    this.#tracked.set(name, vm);
    if (image !== null) {
      await markSamples(image, vm.ledger);
      await hosts.running(spec.host).importDisk(uuid, FIRST_DISK, image, onProgress);
    }
    return vm;
  }

  /**
   * Takes up the VMs that vCenter knows and an earlier process made. What their guests wrote then is not known here: the
   * disks cannot be compared with it.
   */
  async adopt(): Promise<void> {
    const infos = new Map<VmUuid, VmInfo>();
    for (const host of this.#makers.hosts.allUp()) for (const info of await host.vms()) infos.set(info.uuid, info);
    for (const { uuid, name, keyId, disks } of this.#makers.vcenter.vms()) {
      if (this.#tracked.has(name)) continue;
      const encrypted = [keyId, ...disks.map((disk) => disk.keyId)].some((id) => id !== null);
      const ledger = new GuestLedger(
        (bytes, number) => this.#markers.add({ vm: name, number, encrypted, bytes }),
        false,
      );
      const [disk] = infos.get(uuid)?.disks ?? [];
      const capacityBytes = (disk?.capacity ?? 0) * SECTOR_SIZE_BYTES;
      const deviceKey = disk?.deviceKey ?? FIRST_DISK;
      this.#tracked.set(name, { name, uuid, deviceKey, encrypted, capacityBytes, image: null, ledger });
    }
  }

  /** The reference under which vCenter knows a VM now. @throws LabError VM_NOT_CREATED */
  refOf(name: string): MoRef<'VirtualMachine'> {
    const vm = this.#makers.vcenter.vmOf(this.get(name).uuid);
    if (vm) return vm.id;
    throw new LabError('VM_NOT_CREATED', `vCenter knows no VM ${name} any more. Register it again.`);
  }

  /** The host on which a VM is, as vCenter knows it, or null while that host is down. */
  hostOf(name: string): EsxiHost | null {
    const host = this.#hostNameOf(this.get(name).uuid);
    return host === null ? null : this.#makers.hosts.up(host);
  }

  /** The VM as its host sees it now, or null when it is not on any running host. */
  async now(name: string): Promise<VmInfo | null> {
    return this.#infoOf(this.get(name).uuid);
  }

  /** The host on which a VM is. @throws NetworkError REFUSED while it is down */
  running(name: string): EsxiHost {
    const { uuid } = this.get(name);
    const host = this.#hostNameOf(uuid);
    if (host === null) throw new LabError('VM_NOT_CREATED', `vCenter knows no VM ${name} any more.`);
    return this.#makers.hosts.running(host);
  }

  /** Opens a VM's disk as its guest does, lends it to `use`, and closes it. */
  async asGuest<T>(name: string, use: (disk: GuestDisk) => Promise<T>): Promise<T> {
    const vm = this.get(name);
    const host = this.running(name);
    const disk = await host.openDisk(vm.uuid, vm.deviceKey);
    try {
      return await use(disk);
    } finally {
      await disk.close();
    }
  }

  #hostNameOf(uuid: VmUuid): HostName | null {
    const { vcenter } = this.#makers;
    const vm = vcenter.vmOf(uuid);
    return (vm && vcenter.host(vm.host)?.name) ?? null;
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
    for (const vm of this.#tracked.values()) await vm.image?.close();
  }
}

/** Opens every image that a run will need and closes it again, so that a wrong one is told before anything is made. */
export async function checkImages(images: ImagePlaces): Promise<void> {
  for (const name of Object.keys(images.lab.vms)) await (await imageOf(name, images))?.close();
}

/** Opens the image of a VM's disk; the user's own takes the place of the first VM's. */
async function imageOf(
  name: string,
  { files, diskImage, scenarioFolder, lab }: ImagePlaces,
): Promise<DiskImage | null> {
  const isFirst = Object.keys(lab.vms)[0] === name;
  if (diskImage !== undefined && isFirst) return openDiskImage(files, diskImage);
  const disk = lab.vms[name]?.disk;
  if (disk === undefined || !('image' in disk) || disk.image === undefined) return null;
  return openDiskImage(files, disk.image.startsWith('/') ? disk.image : `${scenarioFolder}/${disk.image}`);
}

/** The size that the lab asks for, where it asks and the image is the lab's own. */
function ownSize(spec: LabVm, image: DiskImage): number {
  return 'image' in spec.disk && spec.disk.image !== undefined ? (spec.disk.size ?? image.sizeBytes) : 0;
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
