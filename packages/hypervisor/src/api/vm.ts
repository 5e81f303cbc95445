import type { CryptoKeyId, DiskUuid, SectorCount, VmName, VmUuid } from '@vcryptsim/ports';
import type { CryptoSpec } from './crypto-spec.js';
import type { DiskBus, DiskMode } from './device-change.js';
import type { HypervisorErrorCode } from './errors.js';
import type { Provisioning } from './provisioning.js';

/** One disk to make with a VM. */
export interface DiskCreateSpec {
  /** Name of the descriptor without `.vmdk`; default: the VM's name, with `_1`, `_2` ... from the second disk on. */
  readonly fileName?: string;
  readonly capacity: SectorCount;
  /** Bytes per XTS data unit; default 512. */
  readonly dataUnitSizeBytes?: 512 | 4096;
  /** Keys of this disk alone; left out, the VM's own spec holds (VirtualMachineConfigSpec.crypto). */
  readonly crypto?: CryptoSpec;
  /** Default `eagerZeroedThick`. */
  readonly provisioning?: Provisioning;
  /**
   * What the extent holds at first. `zeros` (default): what its provisioning says. `later`: there is no extent before `EsxiHost.importDisk`, and no power on.
   */
  readonly fill?: 'zeros' | 'later';
  /** Default: SCSI. Where it goes is the first free unit of the first controller of its bus unless told. */
  readonly bus?: DiskBus;
  /** Unit on that bus, see `DiskAddSpec.unit`. */
  readonly unit?: number;
  /** Default: persistent. */
  readonly mode?: DiskMode;
}

/** A VM to make. */
export interface VmCreateSpec {
  readonly name: VmName;
  readonly uuid: VmUuid;
  /** Name of the datastore that takes its folder; default: the host's first. */
  readonly datastore?: string;
  /** Guest OS identifier as the VMX spells it; it makes no difference to the encryption (row S11). */
  readonly guestId?: string;
  /** Default: 16. */
  readonly memoryMiB?: number;
  /** Left out: a plain VM. The key must be in the host's cache. */
  readonly crypto?: CryptoSpec;
  readonly disks: readonly DiskCreateSpec[];
}

/** A disk of a registered VM. */
export interface DiskInfo {
  /** Device key, from 2000 on, as vSphere numbers disks. */
  readonly deviceKey: number;
  readonly uuid: DiskUuid;
  /** `[datastore] folder/name.vmdk` */
  readonly fileName: string;
  readonly capacity: SectorCount;
  /** The KEK that its descriptor names, or null for a plain disk. */
  readonly keyId: CryptoKeyId | null;
  /** False while that key is not in the host's cache. */
  readonly unlocked: boolean;
}

/** A disk in a file, whether a VM has it or not (VmDiskFileInfo). */
export type DiskFileInfo = Omit<DiskInfo, 'deviceKey' | 'unlocked'>;

/** A registered VM as the host sees it now. */
export interface VmInfo {
  readonly uuid: VmUuid;
  readonly name: VmName;
  /** `[datastore] folder/name.vmx` */
  readonly vmxPath: string;
  readonly powerState: 'poweredOn' | 'poweredOff' | 'suspended';
  /**
   * `invalid` while the VM-home key is missing or the files are damaged (facts/vsphere-encryption.md section 6);
   * `inaccessible` while the medium fails: nothing is known of the files then, and they are looked at again.
   */
  readonly connectionState: 'connected' | 'invalid' | 'inaccessible';
  /** vm.runtime.cryptoState. A plain VM is `unlocked`. */
  readonly cryptoState: 'unlocked' | 'locked';
  /** vm.config.keyId: the KEK of the VM home, or null for a plain VM. Readable while the VM is locked. */
  readonly keyId: CryptoKeyId | null;
  readonly disks: readonly DiskInfo[];
  /** The keys that the host's cache lacks and without which its files do not open; of a bundle with several, each would do. */
  readonly missingKeys: readonly CryptoKeyId[];
  /** Why its files could not be read when they were last looked at; absent when they are whole. */
  readonly damage?: HypervisorErrorCode;
  /** The same as a sentence, with file, line and next step; also why the VM is inaccessible. */
  readonly problem?: string;
}

/** What became of a host's VMs after a revision (HostApi.vmChanges). */
export interface VmChanges {
  /** The number of the last change that is told of here, counted for one boot. */
  readonly revision: number;
  /** The VMs that came or changed, as they are now; also one that has been changed back. */
  readonly changed: readonly VmInfo[];
  /** The VMs that left. */
  readonly removed: readonly VmUuid[];
}
