import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Says that a test could not run here and why. CI, where everything is at hand, fails on such a line. */
export function leftOut(name: string, reason: string): void {
  process.stderr.write(`LEFT OUT ${name}: ${reason}\n`);
}

/** Absolute path of a file in the shared test material beside the checkout, or null where that is absent. */
export function sharedPath(relative: string): string | null {
  const path = resolve(process.env.VCRYPTSIM_SHARED ?? resolve(root, '../shared'), relative);
  return existsSync(path) ? path : null;
}
