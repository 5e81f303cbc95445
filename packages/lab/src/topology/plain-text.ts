import { z } from 'zod';

// C0 and C1 controls, directions, zero-width characters: they change what a terminal shows, and mean nothing here.
const HIDDEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const HIDDEN_BUT_LINES = /(?![\t\n\r])[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const PATH_CHARACTERS_MAX = 1_024;

/** A text that is shown to people: one or more lines, no control or invisible characters, at most `max` characters. */
export function plainText(max: number): z.ZodType<string> {
  return z
    .string()
    .refine((text) => text.trim() !== '', 'this text is empty')
    .refine((text) => text.length <= max, `this text has more than ${max} characters`)
    .refine((text) => !HIDDEN_BUT_LINES.test(text), 'this text has a control character or an invisible one');
}

/** A path of a file: absolute, or relative to the scenario. */
export const pathSchema = z
  .string()
  .min(1, 'this path is empty')
  .max(PATH_CHARACTERS_MAX, `this path has more than ${PATH_CHARACTERS_MAX} characters`)
  .refine((path) => !HIDDEN.test(path), 'this path has a control character or an invisible one')
  .describe('a path');
