import type { SectorCount } from '@vcryptsim/ports';
import type { CryptoSpec } from './crypto-spec.js';
import type { Provisioning } from './provisioning.js';

/** How a disk takes part in snapshots (VirtualDiskMode). */
export type DiskMode = 'persistent' | 'independent_persistent' | 'independent_nonpersistent';

/** The bus on which a disk is. */
export type DiskBus = 'scsi' | 'nvme' | 'sata' | 'ide';

/**
 * A disk to add: a new one, or one that is there (VirtualDeviceConfigSpec, operation `add`; `fileOperation` `create` for a new
 * one). Where it goes is the first free unit of the first controller of its bus unless told.
 */
export type DiskAddSpec = (
  | {
      readonly capacity: SectorCount;
      readonly dataUnitSizeBytes?: 512 | 4096;
      readonly provisioning?: Provisioning;
      /** Keys of this disk alone; left out, the VM's own current key (facts/settled.md 15). */
      readonly crypto?: CryptoSpec;
    }
  | {
      /** `[datastore] folder/name.vmdk` of a disk that no VM has. */
      readonly existing: string;
      /** `NoOp` (default) or `Register`: an existing disk keeps its keys. */
      readonly crypto?: CryptoSpec;
    }
) & {
  readonly bus?: DiskBus;
  /** Unit on that bus, counted over its controllers: 0 to 14 on the first, 16 on the second ... */
  readonly unit?: number;
  readonly mode?: DiskMode;
};

/** A disk to take out (operation `remove`). */
export interface DiskRemoveSpec {
  readonly deviceKey: number;
  /** Whether its files go too (`fileOperation` `destroy`). Default: false, the files stay. */
  readonly destroy?: boolean;
}

/** A disk to make larger (operation `edit` with another capacity). */
export interface DiskGrowSpec {
  readonly deviceKey: number;
  readonly capacity: SectorCount;
}
