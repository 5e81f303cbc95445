import type { World } from '../world/world.js';
import type { Audience } from './audience.js';
import type { Observation } from './observation.js';
import type { DiskDigest } from './result.js';

/** What a step and its expectations see: the world, what happened since the step began, and who watches. */
export interface Scene {
  readonly world: World;
  readonly observed: Observation;
  readonly audience: Audience;
  /** Takes the disk digests of the run. */
  readonly digests: DiskDigest[];
}
