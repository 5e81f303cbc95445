import { z } from 'zod';

/** Where a disk goes, and how it takes part in snapshots. */
export const diskPlaceShape = {
  bus: z.enum(['scsi', 'nvme', 'sata', 'ide']).optional(),
  unit: z.int().min(0).max(119).optional(),
  mode: z.enum(['persistent', 'independent_persistent', 'independent_nonpersistent']).optional(),
};
