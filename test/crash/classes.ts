import type { CrashFamily } from '@vcryptsim/simkit';

/** Classes of states, as the last line of `npm run crash` counts them. */
export const CLASSES = [
  /** Cut cleanly, before or after an operation. */
  'clean',
  /** The last write cut at a border of 512 bytes. */
  'torn',
  /** The same inside a sector. */
  'tornInSector',
  /** What no fsync made durable is lost, in parts, or landed out of order. */
  'unsynced',
  /** Names landed and the content did not, or the other way, or a length without its bytes. */
  'nameOrContent',
  /** Cut a second time, while the first cut is recovered from. */
  'inRecovery',
  /** A call failed; the process went on, or died in it, and then the power went. */
  'failingCall',
] as const;

export type CrashClass = (typeof CLASSES)[number];

/** Class of a state by how it was made. */
export function classOf(family: CrashFamily, name: string): CrashClass {
  switch (family) {
    case 'clean':
      return 'clean';
    case 'torn':
      return 'torn';
    case 'torn in a sector':
      return 'tornInSector';
    case 'hollow':
      return 'nameOrContent';
    case 'one lost':
    case 'one landed':
      return /content of|names in/.test(name) ? 'nameOrContent' : 'unsynced';
    default:
      return 'unsynced';
  }
}
