import type { CryptoSpec } from './crypto-spec.js';
import type { DiskAddSpec, DiskGrowSpec, DiskRemoveSpec } from './device-change.js';

/**
 * How the data of a disk is rewritten. The product has one way and does not publish which; both are ours [ours O40].
 *
 * - `beside` (default): a new extent beside the old one, then one switch. Needs the room of the disk once more.
 * - `inPlace`: window by window in the extent itself, with a journal. For a disk on a datastore that is nearly full.
 */
export type RewriteWay = 'beside' | 'inPlace';

/** What to do with the keys of one disk (VirtualDeviceConfigSpec.backing.crypto). */
export interface DiskReconfigureSpec {
  readonly deviceKey: number;
  readonly crypto: CryptoSpec;
}

/** What to change of a VM, as far as encryption reads it (VirtualMachineConfigSpec). */
export interface VmReconfigureSpec {
  /**
   * Keys of the VM home. It holds for every disk that is not in `disks`, where it fits: an inherited recrypt passes over
   * a plain disk, and an inherited encryption over an encrypted one. Left out: NoOp.
   */
  readonly crypto?: CryptoSpec;
  /** Disks with a spec of their own, which is refused where it does not fit. */
  readonly disks?: readonly DiskReconfigureSpec[];
  readonly rewrite?: RewriteWay;
  /** Disks that come, go or grow; not together with a change of keys (InvalidArgument). */
  readonly addDisks?: readonly DiskAddSpec[];
  readonly removeDisks?: readonly DiskRemoveSpec[];
  readonly growDisks?: readonly DiskGrowSpec[];
}
