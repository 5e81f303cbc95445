import { type Disk, type LabNames, machinesOf, oneOf, type World } from '@vcryptsim/lab';
import type { z } from 'zod';

/** A disk by what is on it: a datastore, vCenter's folder, or the folder of a host. */
export function placeSchema(names: LabNames | undefined): z.ZodType<string> {
  return oneOf(names === undefined ? undefined : [...names.datastores, 'vcenter', ...names.labHosts]);
}

/** The disk at a place. A datastore wins over a host of the same name. */
export function diskAt(place: string, { machines, lab }: World): Disk {
  return machinesOf(lab).datastores.includes(place) ? machines.datastore(place) : machines.diskOf(place);
}
