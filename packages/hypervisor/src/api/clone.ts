import type { VmName, VmUuid } from '@vcryptsim/ports';
import type { CryptoSpec } from './crypto-spec.js';
import type { Provisioning } from './provisioning.js';

/**
 * A copy of a VM that is off (VirtualMachine.CloneVM_Task). Without specs of its own it has the same keys, KEK and DEK, and
 * its extents are the same ciphertext (facts/vsphere-formats.md Q12).
 */
export interface VmCloneSpec {
  readonly name: VmName;
  readonly uuid: VmUuid;
  /** Name of the datastore that takes its folder; default: the source's own. */
  readonly datastore?: string;
  /** `full` (default) copies the disks; `linked` makes children of what the source's snapshot froze. */
  readonly kind?: 'full' | 'linked';
  /** Of a linked clone: the snapshot on which it rests; default: the source's current one. */
  readonly snapshotId?: number;
  /** Keys of home and disks of the copy; left out, they are the source's. Not for a linked clone. */
  readonly crypto?: CryptoSpec;
  /** The form that its disks are to have; where that cannot be, they keep the old one, and {@link VmCloneResult} says so (row S23). */
  readonly provisioning?: Provisioning;
  /** Makes the copy a template. Default: false. */
  readonly template?: boolean;
}

/** What became of a clone beside the VM itself. */
export interface VmCloneResult {
  readonly uuid: VmUuid;
  /** Device keys of the disks that kept the source's form although another was asked for (row S23). */
  readonly keptFormat: readonly number[];
}
