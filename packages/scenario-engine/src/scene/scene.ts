import type { DiskDigest, Session, UserName, World } from '@vcryptsim/lab';
import type { Listener } from './listener.js';
import type { Observation } from './observation.js';

/** Who takes a step, and by which of vCenter's two ways in. */
export interface Caller {
  /** Null where the step names nobody: the administrator. */
  readonly user: UserName | null;
  readonly via: 'client' | 'api';
}

/** What a step and its expectations see: the world, what happened since the step began, and who watches. */
export interface Scene {
  readonly world: World;
  readonly observed: Observation;
  readonly audience: Listener;
  /** Takes the disk digests of the run. */
  readonly digests: DiskDigest[];
  /** Who takes the step, at vCenter's door. @throws VCenterError INVALID_LOGIN, VCENTER_STOPPED */
  readonly session: () => Session;
}
