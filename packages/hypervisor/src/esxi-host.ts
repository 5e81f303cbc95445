import type { CryptoKeyId, HostName, HostUuid, VmUuid } from '@vcryptsim/ports';
import type { HostCapability } from './api/capability.js';
import type { VmCloneResult, VmCloneSpec } from './api/clone.js';
import type { EsxiVersion } from './api/crypto-state.js';
import type { DatastoreInfo } from './api/datastore.js';
import type { CryptoKeyResult, CryptoKeyStatus, HostApi, HostRuntime, KeyGrant } from './api/host-api.js';
import type { VmReconfigureSpec } from './api/reconfigure.js';
import type { SnapshotCreateSpec, SnapshotInfo, SnapshotList, SnapshotRemoveSpec } from './api/snapshot.js';
import type { DiskFileInfo, VmChanges, VmCreateSpec, VmInfo } from './api/vm.js';
import type { ProgressListener, WorkControl } from './api/work-control.js';
import type { ImageSource } from './disk/fill-extent.js';
import type { GuestDisk } from './disk/guest-disk.js';
import type { ExportedDisk, ExportTarget } from './disk/plain-copy.js';
import { bootHost, type EsxiHostOptions } from './host/boot-host.js';
import type { HostContext } from './host/host-context.js';
import type { GuestMemoryPort } from './memory/attached-memory.js';
import { addKeys } from './operations/add-keys.js';
import { cloneVm } from './operations/clone-vm.js';
import { consolidateDisks } from './operations/consolidate-disks.js';
import { createSnapshot } from './operations/create-snapshot.js';
import { createVm } from './operations/create-vm.js';
import { datastores } from './operations/datastores.js';
import { diskFile } from './operations/disk-file.js';
import { enableCrypto } from './operations/enable-crypto.js';
import { exportDisk } from './operations/export-disk.js';
import { getCryptoKeyStatus } from './operations/get-crypto-key-status.js';
import { callHost, type HostOperation } from './operations/host-operation.js';
import { importDisk } from './operations/import-disk.js';
import { listKeys } from './operations/list-keys.js';
import { markAsTemplate } from './operations/mark-as-template.js';
import { markAsVirtualMachine } from './operations/mark-as-virtual-machine.js';
import { openDisk } from './operations/open-disk.js';
import { openMemory } from './operations/open-memory.js';
import { powerOffVm } from './operations/power-off-vm.js';
import { powerOnVm } from './operations/power-on-vm.js';
import { prepareCrypto } from './operations/prepare-crypto.js';
import { reclaimMemory } from './operations/reclaim-memory.js';
import { reconfigureVm } from './operations/reconfigure-vm.js';
import { registerVm } from './operations/register-vm.js';
import { removeAllSnapshots } from './operations/remove-all-snapshots.js';
import { removeKeys } from './operations/remove-keys.js';
import { removeSnapshot } from './operations/remove-snapshot.js';
import { revertToSnapshot } from './operations/revert-to-snapshot.js';
import { runtime } from './operations/runtime.js';
import { shutDown } from './operations/shut-down.js';
import { snapshots } from './operations/snapshots.js';
import { suspendVm } from './operations/suspend-vm.js';
import { unregisterVm } from './operations/unregister-vm.js';
import { vm } from './operations/vm.js';
import { vmChanges } from './operations/vm-changes.js';
import { vms } from './operations/vms.js';

/**
 * One boot of one ESXi host: crypto mode, key cache, registered VMs, and the guest's side of their disks. It knows what
 * its folder and its datastores hold and what it was told since it booted, nothing else: after a boot the crypto mode
 * is `incapable`, the cache is empty, and every encrypted VM is locked (row S04).
 *
 * What each call does, and what it refuses, is at its file in `operations/`.
 */
export class EsxiHost implements HostApi {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  readonly capability: HostCapability;
  readonly #host: HostContext;

  private constructor(host: HostContext) {
    this.name = host.identity.name;
    this.uuid = host.identity.uuid;
    this.version = host.mode.version;
    this.capability = host.mode.capability;
    this.#host = host;
  }

  /** Boots a host from its folder, see {@link bootHost}. */
  static async boot(options: EsxiHostOptions): Promise<EsxiHost> {
    return new EsxiHost(await bootHost(options));
  }

  runtime(): Promise<HostRuntime> {
    return this.#call(runtime);
  }

  prepareCrypto(): Promise<void> {
    return this.#call(prepareCrypto);
  }

  enableCrypto(hostKey: KeyGrant): Promise<void> {
    return this.#call(enableCrypto, hostKey);
  }

  addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]> {
    return this.#call(addKeys, grants);
  }

  removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]> {
    return this.#call(removeKeys, ids, force);
  }

  listKeys(): Promise<readonly CryptoKeyId[]> {
    return this.#call(listKeys);
  }

  getCryptoKeyStatus(ids: readonly CryptoKeyId[]): Promise<readonly CryptoKeyStatus[]> {
    return this.#call(getCryptoKeyStatus, ids);
  }

  datastores(): Promise<readonly DatastoreInfo[]> {
    return this.#call(datastores);
  }

  diskFile(path: string): Promise<DiskFileInfo> {
    return this.#call(diskFile, path);
  }

  createVm(spec: VmCreateSpec, control?: WorkControl): Promise<VmInfo> {
    return this.#call(createVm, spec, control);
  }

  registerVm(vmxPath: string): Promise<VmInfo> {
    return this.#call(registerVm, vmxPath);
  }

  unregisterVm(uuid: VmUuid): Promise<void> {
    return this.#call(unregisterVm, uuid);
  }

  reconfigureVm(uuid: VmUuid, spec: VmReconfigureSpec, control?: WorkControl): Promise<VmInfo> {
    return this.#call(reconfigureVm, uuid, spec, control);
  }

  powerOnVm(uuid: VmUuid): Promise<void> {
    return this.#call(powerOnVm, uuid);
  }

  powerOffVm(uuid: VmUuid): Promise<void> {
    return this.#call(powerOffVm, uuid);
  }

  suspendVm(uuid: VmUuid): Promise<void> {
    return this.#call(suspendVm, uuid);
  }

  createSnapshot(uuid: VmUuid, spec: SnapshotCreateSpec, control?: WorkControl): Promise<SnapshotInfo> {
    return this.#call(createSnapshot, uuid, spec, control);
  }

  revertToSnapshot(uuid: VmUuid, id: number, control?: WorkControl): Promise<VmInfo> {
    return this.#call(revertToSnapshot, uuid, id, control);
  }

  removeSnapshot(uuid: VmUuid, spec: SnapshotRemoveSpec, control?: WorkControl): Promise<void> {
    return this.#call(removeSnapshot, uuid, spec, control);
  }

  removeAllSnapshots(uuid: VmUuid, control?: WorkControl): Promise<void> {
    return this.#call(removeAllSnapshots, uuid, control);
  }

  consolidateDisks(uuid: VmUuid, control?: WorkControl): Promise<void> {
    return this.#call(consolidateDisks, uuid, control);
  }

  snapshots(uuid: VmUuid): Promise<SnapshotList> {
    return this.#call(snapshots, uuid);
  }

  cloneVm(uuid: VmUuid, spec: VmCloneSpec, control?: WorkControl): Promise<VmCloneResult> {
    return this.#call(cloneVm, uuid, spec, control);
  }

  markAsTemplate(uuid: VmUuid): Promise<void> {
    return this.#call(markAsTemplate, uuid);
  }

  markAsVirtualMachine(uuid: VmUuid): Promise<void> {
    return this.#call(markAsVirtualMachine, uuid);
  }

  vm(uuid: VmUuid): Promise<VmInfo> {
    return this.#call(vm, uuid);
  }

  vms(): Promise<readonly VmInfo[]> {
    return this.#call(vms);
  }

  vmChanges(since: number | null): Promise<VmChanges> {
    return this.#call(vmChanges, since);
  }

  /** Opens a disk as the guest of a powered-on VM does. `deviceKey` counts from 2000 on. */
  openDisk(uuid: VmUuid, deviceKey: number): Promise<GuestDisk> {
    return this.#call(openDisk, uuid, deviceKey);
  }

  /** Opens the memory of a powered-on VM as its guest does. */
  openMemory(uuid: VmUuid): Promise<GuestMemoryPort> {
    return this.#call(openMemory, uuid);
  }

  /** Takes memory from a powered-on VM: so many pages of 4 KiB, at most, go into its swap file. Answers how many went. */
  reclaimMemory(uuid: VmUuid, pageCount: number): Promise<number> {
    return this.#call(reclaimMemory, uuid, pageCount);
  }

  /** Fills a disk of a powered-off VM from an image. */
  importDisk(uuid: VmUuid, deviceKey: number, source: ImageSource, onProgress?: ProgressListener): Promise<void> {
    return this.#call(importDisk, uuid, deviceKey, source, onProgress);
  }

  /** Writes a decrypted copy of a powered-off VM's disk. */
  exportDisk(
    uuid: VmUuid,
    deviceKey: number,
    target: ExportTarget,
    onProgress?: ProgressListener,
  ): Promise<ExportedDisk> {
    return this.#call(exportDisk, uuid, deviceKey, target, onProgress);
  }

  /** Cuts the power; boot a new host from the same folders afterwards. */
  shutDown(): Promise<void> {
    return shutDown(this.#host);
  }

  #call<Arguments extends readonly unknown[], Answer>(
    operation: HostOperation<Arguments, Answer>,
    ...args: Arguments
  ): Promise<Answer> {
    return callHost(this.#host, operation, ...args);
  }
}
