import type { XtsEngine } from '@vcryptsim/crypto-core';
import {
  assert,
  type Clock,
  type CryptoKeyId,
  type Entropy,
  type EventSink,
  type FileSystem,
  type HostName,
  type HostUuid,
  makeFolders,
  type VmUuid,
} from '@vcryptsim/ports';
import type { EsxiVersion } from '../api/crypto-state.js';
import { HypervisorError } from '../api/errors.js';
import type { CryptoKeyResult, HostApi, HostRuntime, KeyGrant } from '../api/host-api.js';
import type { VmCreateSpec, VmInfo } from '../api/vm.js';
import { Datastore, type DatastoreMount } from '../datastore/datastore.js';
import { fileFault } from '../datastore/file-fault.js';
import { liveHoldersOf } from '../datastore/live-holders.js';
import { type ExportedDisk, type ExportTarget, exportDisk } from '../disk/export-disk.js';
import type { ImageSource, ProgressListener } from '../disk/fill-extent.js';
import { type GuestDisk, openGuestDisk } from '../disk/guest-disk.js';
import { importDisk } from '../disk/import-disk.js';
import type { HostEvent } from '../events.js';
import { diskNotFound, invalidPowerState } from '../faults.js';
import { createVm } from '../vm/create-vm.js';
import { powerOffVm, powerOnVm } from '../vm/power-vm.js';
import { refreshVm, requireUnlocked } from '../vm/refresh-vm.js';
import { registerVm, unregisterVm } from '../vm/register-vm.js';
import type { RegisteredVm } from '../vm/registered-vm.js';
import { vmInfoOf } from '../vm/vm-info.js';
import { BootFiles } from './boot-files.js';
import { BootLife } from './boot-life.js';
import { CryptoMode } from './crypto-mode.js';
import type { HostContext } from './host-context.js';
import { addKeys, enableCrypto, removeKeys } from './host-keys.js';
import { KeyCache } from './key-cache.js';
import { Lane } from './lane.js';
import { VmInventory } from './vm-inventory.js';
import { WaitingVms } from './waiting-vms.js';

/** What a host is built from; nothing else reaches it. */
export interface EsxiHostOptions {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  /** Absolute path of the host's own configuration folder; made if missing. It holds `vmInventory.vmls`, never a key. */
  readonly folder: string;
  /** At least one; the first takes new VMs that name none. The folders exist. */
  readonly datastores: readonly DatastoreMount[];
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Forked for this host and this incarnation. */
  readonly entropy: Entropy;
  readonly events: EventSink<HostEvent>;
  readonly engine: XtsEngine;
  /** Counts boots from 1. */
  readonly incarnation: number;
}

/**
 * One boot of one ESXi host: crypto mode, key cache, registered VMs, and the guest's side of their disks. It knows what
 * its folder and its datastores hold and what it was told since it booted, nothing else: after a boot the crypto mode
 * is `incapable`, the cache is empty, and every encrypted VM is locked (row S04).
 */
export class EsxiHost implements HostApi {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  readonly #incarnation: number;
  readonly #files: BootFiles;
  readonly #host: HostContext;
  /** Changes of the inventory, one after the other. */
  readonly #inventoryLane = new Lane();

  private constructor(options: EsxiHostOptions, files: BootFiles, host: HostContext) {
    this.name = options.name;
    this.uuid = options.uuid;
    this.version = options.version;
    this.#incarnation = options.incarnation;
    this.#files = files;
    this.#host = host;
  }

  /**
   * Boots a host from its folder. Neither a VM whose files are not whole nor a line of its inventory that cannot be read
   * keeps it from booting: that VM is `invalid`.
   *
   * @throws HypervisorError FILE_INACCESSIBLE (the inventory cannot be read just now), FILE_DAMAGED (it is no file),
   *   DATASTORE_NOT_WRITABLE (the host's folder)
   */
  static async boot(options: EsxiHostOptions): Promise<EsxiHost> {
    assert(options.datastores.length > 0, 'a host has at least one datastore');
    const { clock, entropy, events, engine } = options;
    const life = new BootLife(options.name);
    const files = new BootFiles(options.files, life);
    await makeFolders(files, options.folder).catch((error: unknown) => {
      throw fileFault(error, options.folder, 'write');
    });
    const host: HostContext = {
      identity: { name: options.name, uuid: options.uuid, incarnation: options.incarnation },
      life,
      liveHolders: liveHoldersOf(options.files),
      clock,
      entropy,
      events,
      engine,
      files,
      mode: new CryptoMode(options.version, events),
      keys: new KeyCache(),
      waiting: new WaitingVms(),
      inventory: await VmInventory.load(files, options.folder),
      datastores: options.datastores.map((mount) => new Datastore(mount, files)),
    };
    events.emit({ type: 'HOST_BOOTED', incarnation: options.incarnation });
    for (const line of host.inventory.badLines) events.emit({ type: 'INVENTORY_LINE_UNREADABLE', line });
    for (const vm of host.inventory.all()) await refreshVm(host, vm);
    return new EsxiHost(options, files, host);
  }

  runtime(): Promise<HostRuntime> {
    return this.#call(async () => ({
      cryptoState: this.#host.mode.state,
      cryptoKeyId: this.#host.mode.hostKeyId,
      incarnation: this.#incarnation,
    }));
  }

  prepareCrypto(): Promise<void> {
    return this.#call(async () => this.#host.mode.prepare());
  }

  enableCrypto(hostKey: KeyGrant): Promise<void> {
    return this.#callWithKeys([hostKey], () => enableCrypto(this.#host, hostKey));
  }

  addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
    return this.#callWithKeys(grants, () => addKeys(this.#host, grants));
  }

  removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]> {
    return this.#call(() => removeKeys(this.#host, ids, force));
  }

  listKeys(): Promise<readonly CryptoKeyId[]> {
    return this.#call(async () => this.#host.keys.ids());
  }

  createVm(spec: VmCreateSpec): Promise<VmInfo> {
    return this.#callInventory(async () => this.#infoOf(await createVm(this.#host, spec)));
  }

  registerVm(vmxPath: string): Promise<VmInfo> {
    return this.#callInventory(async () => this.#infoOf(await registerVm(this.#host, vmxPath)));
  }

  unregisterVm(uuid: VmUuid): Promise<void> {
    return this.#callInventory(() => this.#onVm(uuid, (vm) => unregisterVm(this.#host, vm)));
  }

  powerOnVm(uuid: VmUuid): Promise<void> {
    return this.#callVm(uuid, (vm) => powerOnVm(this.#host, vm));
  }

  powerOffVm(uuid: VmUuid): Promise<void> {
    return this.#callVm(uuid, (vm) => powerOffVm(this.#host, vm));
  }

  vm(uuid: VmUuid): Promise<VmInfo> {
    return this.#call(async () => {
      const vm = this.#find(uuid);
      await this.#lookAgain([vm]);
      return this.#infoOf(vm);
    });
  }

  vms(): Promise<readonly VmInfo[]> {
    return this.#call(async () => {
      await this.#lookAgain(this.#host.inventory.all());
      return this.#host.inventory.all().map((vm) => this.#infoOf(vm));
    });
  }

  /**
   * Opens a disk as the guest of a powered-on VM does.
   *
   * @param deviceKey from 2000 on
   * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, INVALID_POWER_STATE, DISK_NOT_FOUND
   */
  openDisk(uuid: VmUuid, deviceKey: number): Promise<GuestDisk> {
    return this.#callVm(uuid, async (vm) => {
      await requireUnlocked(this.#host, vm);
      if (vm.running === null) throw invalidPowerState(vm.name, 'poweredOff');
      const disk = vm.running.disk(deviceKey);
      if (disk === undefined) throw diskNotFound(vm.name, deviceKey);
      return openGuestDisk(disk, this.#host.life);
    });
  }

  /** Fills a disk of a powered-off VM from an image, see {@link importDisk}. */
  importDisk(uuid: VmUuid, deviceKey: number, source: ImageSource, onProgress?: ProgressListener): Promise<void> {
    return this.#callVm(uuid, (vm) => importDisk(this.#host, vm, deviceKey, source, onProgress));
  }

  /** Writes a decrypted copy of a powered-off VM's disk, see {@link exportDisk}. */
  exportDisk(
    uuid: VmUuid,
    deviceKey: number,
    target: ExportTarget,
    onProgress?: ProgressListener,
  ): Promise<ExportedDisk> {
    return this.#callVm(uuid, (vm) => exportDisk(this.#host, vm, deviceKey, target, onProgress));
  }

  /**
   * Cuts the power: a shutdown, a reboot and a crash are the same to what is in memory. Disposes of every key, stops
   * what is under way at its next file operation, closes every file. From then on this object and its open devices
   * reject with HOST_GONE; boot a new one from the same folders.
   */
  async shutDown(): Promise<void> {
    const { life, keys, inventory, events } = this.#host;
    if (life.over) return;
    life.end();
    try {
      for (const vm of inventory.all()) vm.running?.forget();
    } finally {
      keys.dispose();
    }
    await this.#files.release();
    events.emit({ type: 'HOST_GONE', incarnation: this.#incarnation });
  }

  #call<T>(work: () => Promise<T>): Promise<T> {
    return this.#host.life.run(work);
  }

  #callInventory<T>(work: () => Promise<T>): Promise<T> {
    return this.#call(() => this.#inventoryLane.run(work));
  }

  #callVm<T>(uuid: VmUuid, work: (vm: RegisteredVm) => Promise<T>): Promise<T> {
    return this.#call(() => this.#onVm(uuid, work));
  }

  /** A parcel is spent by the call also when the host is gone. */
  async #callWithKeys<T>(grants: readonly KeyGrant[], work: () => Promise<T>): Promise<T> {
    try {
      return await this.#call(work);
    } finally {
      for (const { parcel } of grants) parcel.dispose();
    }
  }

  #onVm<T>(uuid: VmUuid, work: (vm: RegisteredVm) => Promise<T>): Promise<T> {
    const vm = this.#find(uuid);
    return vm.lane.run(() => {
      // It may have been unregistered while this call waited for its turn.
      this.#find(uuid);
      return work(vm);
    });
  }

  #find(uuid: VmUuid): RegisteredVm {
    const vm = this.#host.inventory.get(uuid);
    if (vm !== undefined) return vm;
    throw new HypervisorError(
      { code: 'VM_NOT_FOUND', vm: uuid },
      `No virtual machine with UUID ${uuid} is registered on host ${this.name}. Register it first.`,
    );
  }

  /** A VM whose medium failed is looked at again by whoever asks for it, until the medium serves. */
  async #lookAgain(vms: readonly RegisteredVm[]): Promise<void> {
    for (const vm of vms.filter(({ inaccessible }) => inaccessible !== null)) {
      await vm.lane.run(() => refreshVm(this.#host, vm));
    }
  }

  #infoOf(vm: RegisteredVm): VmInfo {
    return vmInfoOf(vm, this.#host.keys);
  }
}
