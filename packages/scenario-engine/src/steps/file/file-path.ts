import type { DatastorePlace, LabNames } from '@vcryptsim/lab';
import { z } from 'zod';

const PATH = /^\[([^\]/]+)\] ([^/]+)(?:\/([^/]+))?$/;
/** No part leads out of its folder. */
const PART = /^[^.][^/\\]*$/;

/** `[datastore1] payroll/payroll.vmx`, of a file; or `[datastore1] payroll`, of a VM's folder. */
function placeSchema(names: LabNames | undefined, isRight: (place: DatastorePlace) => boolean, example: string) {
  return z.string().transform((text, context): DatastorePlace => {
    const [, datastore = '', folder = '', fileName = null] = PATH.exec(text) ?? [];
    const place = { datastore, folder, fileName };
    const isPath = [folder, fileName ?? folder].every((part) => PART.test(part)) && isRight(place);
    if (!isPath) context.addIssue({ code: 'custom', message: `a path is as '${example}'` });
    else if (names !== undefined && !names.datastores.includes(datastore)) {
      context.addIssue({ code: 'custom', message: `there is no datastore '${datastore}'` });
    }
    return place;
  });
}

/** The path of a file. */
export function filePathSchema(names: LabNames | undefined): z.ZodType<DatastorePlace> {
  return placeSchema(names, ({ fileName }) => fileName !== null, '[datastore1] payroll/payroll.vmx');
}

/** The path of a file, or of a VM's folder. */
export function anyPathSchema(names: LabNames | undefined): z.ZodType<DatastorePlace> {
  return placeSchema(names, () => true, '[datastore1] payroll/payroll.vmx or [datastore1] payroll');
}

/** The name of a copy is that of a folder. */
export const copyNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name has letters, digits, dashes and underscores, at most 63');
