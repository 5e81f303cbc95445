import { lstatSync } from 'node:fs';

/** Says whether what stands at a path belongs to the user who runs this process. False for what is not there. */
export function isOurs(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}
