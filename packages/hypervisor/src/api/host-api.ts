import type { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import type { CryptoKeyId, HostName, HostUuid, VmUuid } from '@vcryptsim/ports';
import type { HostCapability } from './capability.js';
import type { VmCloneResult, VmCloneSpec } from './clone.js';
import type { CryptoState, EsxiVersion } from './crypto-state.js';
import type { DatastoreInfo } from './datastore.js';
import type { VmReconfigureSpec } from './reconfigure.js';
import type { SnapshotCreateSpec, SnapshotInfo, SnapshotList, SnapshotRemoveSpec } from './snapshot.js';
import type { DiskFileInfo, VmChanges, VmCreateSpec, VmInfo } from './vm.js';
import type { WorkControl } from './work-control.js';

/** A key on its way into a host's cache. The parcel is spent by the call, refused or not. */
export interface KeyGrant {
  readonly id: CryptoKeyId;
  readonly parcel: KeyParcel;
}

/** What became of one granted or removed key (CryptoKeyResult). */
export interface CryptoKeyResult {
  readonly id: CryptoKeyId;
  readonly success: boolean;
  /** Why not; absent on success. */
  readonly reason?: 'AlreadyExists' | 'InvalidState' | 'InvalidArgument' | 'ResourceInUse' | 'NotFound';
}

/** Whether a host has a key (CryptoManagerHostKeyStatus). */
export interface CryptoKeyStatus {
  readonly id: CryptoKeyId;
  /** Whether it is in the cache. */
  readonly present: boolean;
}

/** HostSystem.runtime, as far as encryption reads it. */
export interface HostRuntime {
  /** `incapable` also where `capability.cryptoSupported` is absent; in the vSphere API such a host has no such property. */
  readonly cryptoState: CryptoState;
  /** The host key's ID while the host is `safe`. */
  readonly cryptoKeyId: CryptoKeyId | null;
  /** Counts boots from 1: another number means that everything in the host's memory is gone. */
  readonly incarnation: number;
}

/**
 * One ESXi host as vCenter manages it. After a reboot or crash every call on the old object rejects with HOST_GONE; a
 * new object speaks for the new boot. All refusals are HypervisorError and leave files and cache as they were.
 */
export interface HostApi {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  /**
   * What a host of this version can do. Without `cryptoSupported` it refuses with NOT_SUPPORTED whatever has to do with
   * encryption: crypto mode, keys, encrypted VMs.
   */
  readonly capability: HostCapability;
  runtime(): Promise<HostRuntime>;

  /** incapable -> prepared. INVALID_STATE from any other state. (HostSystem.PrepareCrypto) */
  prepareCrypto(): Promise<void>;
  /** prepared -> safe with this host key. INVALID_STATE when incapable, ALREADY_EXISTS when safe with another key. */
  enableCrypto(hostKey: KeyGrant): Promise<void>;
  /**
   * Puts keys into the cache, many at once; results in the order of the grants. VMs that waited for one of them unlock by
   * themselves. (CryptoManager.AddKeys)
   */
  addKeys(grants: readonly KeyGrant[]): Promise<readonly CryptoKeyResult[]>;
  /** Takes keys out of the cache; without `force` one that a registered VM uses is kept. (CryptoManager.RemoveKeys) */
  removeKeys(ids: readonly CryptoKeyId[], force: boolean): Promise<readonly CryptoKeyResult[]>;
  /** IDs of the keys in the cache, host key included. (CryptoManager.ListKeys) */
  listKeys(): Promise<readonly CryptoKeyId[]>;
  /** Which of these keys are in the cache, in their order, whatever else is there. (CryptoManagerHost.GetCryptoKeyStatus) */
  getCryptoKeyStatus(ids: readonly CryptoKeyId[]): Promise<readonly CryptoKeyStatus[]>;

  /** The datastores that it has mounted, as they are now, in the order of its configuration. (HostSystem.datastore) */
  datastores(): Promise<readonly DatastoreInfo[]>;
  /** What the disk of a path `[datastore] folder/name.vmdk` is, whether a VM has it or not. (HostDatastoreBrowser) */
  diskFile(path: string): Promise<DiskFileInfo>;

  /** Makes the VM's folder and files and registers it; on failure nothing of it is left. */
  createVm(spec: VmCreateSpec, control?: WorkControl): Promise<VmInfo>;
  /** Registers a VM by `[datastore] folder/name.vmx`; one whose key is missing is registered locked. */
  registerVm(vmxPath: string): Promise<VmInfo>;
  /** Forgets a powered-off (or locked) VM; its files stay. */
  unregisterVm(uuid: VmUuid): Promise<void>;
  /**
   * Encrypts, decrypts or recrypts VM home and disks, together: at every moment the VM opens as it was or as it will be,
   * and a cut is finished or undone at the next start. Answers the VM as it then is.
   */
  reconfigureVm(uuid: VmUuid, spec: VmReconfigureSpec, control?: WorkControl): Promise<VmInfo>;
  powerOnVm(uuid: VmUuid): Promise<void>;
  powerOffVm(uuid: VmUuid): Promise<void>;
  /** Writes the memory of a running VM into its folder and ends it; the next power on goes on from there. */
  suspendVm(uuid: VmUuid): Promise<void>;
  /** Freezes the disks of a VM, and its memory where asked, and goes on in children of them. */
  createSnapshot(uuid: VmUuid, spec: SnapshotCreateSpec, control?: WorkControl): Promise<SnapshotInfo>;
  /** Makes a VM what it was when the snapshot was taken; what it was until now is lost. */
  revertToSnapshot(uuid: VmUuid, id: number, control?: WorkControl): Promise<VmInfo>;
  /** Forgets a snapshot and puts together the links that it kept apart. The VM itself stays as it is. */
  removeSnapshot(uuid: VmUuid, spec: SnapshotRemoveSpec, control?: WorkControl): Promise<void>;
  removeAllSnapshots(uuid: VmUuid, control?: WorkControl): Promise<void>;
  /** Puts together the links that no snapshot needs, where an earlier removal did not get that far. */
  consolidateDisks(uuid: VmUuid, control?: WorkControl): Promise<void>;
  snapshots(uuid: VmUuid): Promise<SnapshotList>;
  /** Makes a copy of a VM and registers it; on failure nothing of it is left. */
  cloneVm(uuid: VmUuid, spec: VmCloneSpec, control?: WorkControl): Promise<VmCloneResult>;
  /** A template cannot be powered on nor changed until it is a virtual machine again. */
  markAsTemplate(uuid: VmUuid): Promise<void>;
  markAsVirtualMachine(uuid: VmUuid): Promise<void>;
  vm(uuid: VmUuid): Promise<VmInfo>;
  vms(): Promise<readonly VmInfo[]>;
  /**
   * The VMs that changed after a revision that this boot answered, at the cost of those alone.
   *
   * @param since null, or a number that this boot has not reached: all VMs
   */
  vmChanges(since: number | null): Promise<VmChanges>;
}
