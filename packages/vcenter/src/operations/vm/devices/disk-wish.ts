import type { DiskAddSpec } from '@vcryptsim/hypervisor/api';
import type { SectorCount } from '@vcryptsim/ports';
import { z } from 'zod';
import { countArgument } from '../../arguments.js';
import { type CryptoWish, cryptoWish } from '../reconfigure/crypto-wish.js';

/** A disk to give to a VM: a new one, or one that is there and that no VM has (operation `add` of a device change). */
export type DiskToAdd = DistributiveOmit<DiskAddSpec, 'crypto'> & {
  /**
   * Storage policy of this disk, by name or ID. A new disk without one has that of the VM home by the web client, and
   * Datastore Default by the API; one that was there before has none, whatever it had in another VM (row S25).
   */
  readonly policy?: string;
  /** What to do with its keys: of a new disk `Encrypt`, without a key that of the VM; of one that is there `Register`. */
  readonly crypto?: CryptoWish;
};

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

const place = {
  policy: z.string().optional(),
  crypto: cryptoWish.optional(),
  bus: z.enum(['scsi', 'nvme', 'sata', 'ide']).optional(),
  unit: z.number().int().nonnegative().optional(),
  mode: z.enum(['persistent', 'independent_persistent', 'independent_nonpersistent']).optional(),
};

/** The arguments of ReconfigVM_Task that are about disks that come, go or grow. */
export const deviceArguments = {
  addDisks: z
    .array(
      z.union([
        z.strictObject({ existing: z.string(), ...place }),
        z.strictObject({
          capacity: countArgument<SectorCount>(),
          dataUnitSizeBytes: z.union([z.literal(512), z.literal(4096)]).optional(),
          provisioning: z.enum(['eagerZeroedThick', 'lazyZeroedThick', 'thin']).optional(),
          ...place,
        }),
      ]),
    )
    .optional(),
  removeDisks: z
    .array(z.strictObject({ deviceKey: z.number().int().nonnegative(), destroy: z.boolean().optional() }))
    .optional(),
  growDisks: z
    .array(z.strictObject({ deviceKey: z.number().int().nonnegative(), capacity: countArgument<SectorCount>() }))
    .optional(),
};
