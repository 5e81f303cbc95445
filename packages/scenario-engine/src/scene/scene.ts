import type { DiskDigest, World } from '@vcryptsim/lab';
import type { Listener } from './listener.js';
import type { Observation } from './observation.js';

/** What a step and its expectations see: the world, what happened since the step began, and who watches. */
export interface Scene {
  readonly world: World;
  readonly observed: Observation;
  readonly audience: Listener;
  /** Takes the disk digests of the run. */
  readonly digests: DiskDigest[];
}
