import type { DiskDigest, Session, UserName, VCenter, World } from '@vcryptsim/lab';
import type { Listener } from './listener.js';
import type { Observation } from './observation.js';

/** Who takes a step, and by which of vCenter's two ways in. */
export interface Caller {
  /** Null where the step names nobody: the administrator. */
  readonly user: UserName | null;
  readonly via: 'client' | 'api';
  /** Name of the vCenter that is asked; null where the step names none: the first that knows what it is about. */
  readonly vcenter: string | null;
}

/** What a step and its expectations see: the world, what happened since the step began, and who watches. */
export interface Scene {
  readonly world: World;
  readonly observed: Observation;
  readonly audience: Listener;
  /** Takes the disk digests of the run. */
  readonly digests: DiskDigest[];
  /** Who takes the step, at vCenter's door. @throws VCenterError INVALID_LOGIN, VCENTER_STOPPED */
  readonly session: (vcenter?: VCenter) => Session;
  /** The vCenters that may be asked: the one that the step names, or all, the first one first. @throws LabError NAME_NOT_FOUND */
  readonly vcenters: () => readonly VCenter[];
}
