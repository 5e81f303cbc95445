import { pathSchema } from '@vcryptsim/lab';
import { z } from 'zod';

/** A vCenter by its name, or a map with it; a lab with one has `vcenter`. It is looked up when the step is taken. */
export const vcenterNameSchema: z.ZodType<string> = z.union([
  pathSchema,
  z.strictObject({ vcenter: pathSchema }).transform(({ vcenter }) => vcenter),
]);
