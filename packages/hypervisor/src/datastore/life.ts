import type { HostName, HostUuid } from '@vcryptsim/ports';

/** Which host this is, and which of its boots. */
export interface HostIdentity {
  readonly name: HostName;
  readonly uuid: HostUuid;
  /** Counts boots from 1; each boot of a host has a higher one than those before. */
  readonly incarnation: number;
}

/** The time between a boot of a host and the next power cut. What was begun in it does not outlive it. */
export interface Life {
  readonly host: HostName;
  readonly over: boolean;
  /** Fires when it is over. */
  readonly signal: AbortSignal;
  /** Runs a call from outside. Whatever it ends in, it ends in HOST_GONE when the boot ended meanwhile. */
  run<T>(work: () => Promise<T>): Promise<T>;
}
