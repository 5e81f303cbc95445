import { z } from 'zod';

/** Names become folder names and address-book entries, so they are kept plain. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name has letters, digits, dots, dashes and underscores, at most 63');

/** Names that may not repeat, not even in another case: on some systems the two are one folder. */
export const uniqueNames = (most: number) =>
  z
    .array(nameSchema)
    .min(1, 'at least one is needed')
    .max(most, `at most ${most} are possible`)
    .superRefine((names, context) => {
      const seen = new Map<string, string>();
      for (const [index, name] of names.entries()) {
        const twin = seen.get(name.toLowerCase());
        seen.set(name.toLowerCase(), twin ?? name);
        if (twin === undefined) continue;
        const message = twin === name ? `'${name}' is listed twice` : `'${name}' and '${twin}' differ only in case`;
        context.addIssue({ code: 'custom', path: [index], message });
      }
    });
