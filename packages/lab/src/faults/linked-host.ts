import type {
  HostApi,
  KeyGrant,
  SnapshotCreateSpec,
  SnapshotRemoveSpec,
  VmCloneSpec,
  VmCreateSpec,
  VmReconfigureSpec,
  WorkControl,
} from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId, VmUuid } from '@vcryptsim/ports';
import type { HostRoad } from './host-road.js';

/** A host as it is reached over a way that may break. What it is, is known from when it was connected. */
export class LinkedHost implements HostApi {
  readonly name: HostApi['name'];
  readonly uuid: HostApi['uuid'];
  readonly version: HostApi['version'];
  readonly capability: HostApi['capability'];
  readonly #host: HostApi;
  readonly #road: HostRoad;

  constructor(host: HostApi, road: HostRoad) {
    this.name = host.name;
    this.uuid = host.uuid;
    this.version = host.version;
    this.capability = host.capability;
    this.#host = host;
    this.#road = road;
  }

  runtime() {
    return this.#road.call(() => this.#host.runtime());
  }

  prepareCrypto() {
    return this.#road.call(() => this.#host.prepareCrypto());
  }

  enableCrypto(hostKey: KeyGrant) {
    return this.#carry([hostKey], () => this.#host.enableCrypto(hostKey));
  }

  addKeys(grants: readonly KeyGrant[]) {
    return this.#carry(grants, () => this.#host.addKeys(grants));
  }

  removeKeys(ids: readonly CryptoKeyId[], force: boolean) {
    return this.#road.call(() => this.#host.removeKeys(ids, force));
  }

  listKeys() {
    return this.#road.call(() => this.#host.listKeys());
  }

  getCryptoKeyStatus(ids: readonly CryptoKeyId[]) {
    return this.#road.call(() => this.#host.getCryptoKeyStatus(ids));
  }

  datastores() {
    return this.#road.call(() => this.#host.datastores());
  }

  createVm(spec: VmCreateSpec, control?: WorkControl) {
    return this.#road.call(() => this.#host.createVm(spec, control));
  }

  registerVm(vmxPath: string) {
    return this.#road.call(() => this.#host.registerVm(vmxPath));
  }

  unregisterVm(uuid: VmUuid) {
    return this.#road.call(() => this.#host.unregisterVm(uuid));
  }

  reconfigureVm(uuid: VmUuid, spec: VmReconfigureSpec, control?: WorkControl) {
    return this.#road.call(() => this.#host.reconfigureVm(uuid, spec, control));
  }

  powerOnVm(uuid: VmUuid) {
    return this.#road.call(() => this.#host.powerOnVm(uuid));
  }

  powerOffVm(uuid: VmUuid) {
    return this.#road.call(() => this.#host.powerOffVm(uuid));
  }

  diskFile(path: string) {
    return this.#road.call(() => this.#host.diskFile(path));
  }

  suspendVm(uuid: VmUuid) {
    return this.#road.call(() => this.#host.suspendVm(uuid));
  }

  createSnapshot(uuid: VmUuid, spec: SnapshotCreateSpec, control?: WorkControl) {
    return this.#road.call(() => this.#host.createSnapshot(uuid, spec, control));
  }

  revertToSnapshot(uuid: VmUuid, id: number, control?: WorkControl) {
    return this.#road.call(() => this.#host.revertToSnapshot(uuid, id, control));
  }

  removeSnapshot(uuid: VmUuid, spec: SnapshotRemoveSpec, control?: WorkControl) {
    return this.#road.call(() => this.#host.removeSnapshot(uuid, spec, control));
  }

  removeAllSnapshots(uuid: VmUuid, control?: WorkControl) {
    return this.#road.call(() => this.#host.removeAllSnapshots(uuid, control));
  }

  consolidateDisks(uuid: VmUuid, control?: WorkControl) {
    return this.#road.call(() => this.#host.consolidateDisks(uuid, control));
  }

  snapshots(uuid: VmUuid) {
    return this.#road.call(() => this.#host.snapshots(uuid));
  }

  cloneVm(uuid: VmUuid, spec: VmCloneSpec, control?: WorkControl) {
    return this.#road.call(() => this.#host.cloneVm(uuid, spec, control));
  }

  markAsTemplate(uuid: VmUuid) {
    return this.#road.call(() => this.#host.markAsTemplate(uuid));
  }

  markAsVirtualMachine(uuid: VmUuid) {
    return this.#road.call(() => this.#host.markAsVirtualMachine(uuid));
  }

  vm(uuid: VmUuid) {
    return this.#road.call(() => this.#host.vm(uuid));
  }

  vms() {
    return this.#road.call(() => this.#host.vms());
  }

  vmChanges(since: number | null) {
    return this.#road.call(() => this.#host.vmChanges(since));
  }

  /** Parcels are spent by the call, also where it never left. */
  #carry<T>(grants: readonly KeyGrant[], work: () => Promise<T>): Promise<T> {
    return this.#road.call(work, () => {
      for (const { parcel } of grants) parcel.dispose();
    });
  }
}
