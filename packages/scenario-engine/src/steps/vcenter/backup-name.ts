import { z } from 'zod';

/** The name of a backup is that of its folder. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name has letters, digits, dots, dashes and underscores, at most 63');

/** A backup by its name, or a map with it. */
export const backupSchema: z.ZodType<string> = z.union([
  name,
  z.strictObject({ name }).transform((backup) => backup.name),
]);
