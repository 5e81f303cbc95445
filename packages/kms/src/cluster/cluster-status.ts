import type { Usage } from '../store/object-store.js';
import type { ClientName } from '../terms/client-name.js';
import type { Quotas } from '../terms/quotas.js';
import type { LinkStatus } from './follower-link.js';
import type { FollowerStatus } from './leader-door.js';

/** What clients keep, and what one may keep. */
export interface StoreUsage {
  readonly quotas: Quotas;
  readonly clients: readonly ({ readonly name: ClientName } & Usage)[];
  /** Errors that nobody expected, since the server was started: each cost one answer or one connection. */
  readonly faults: number;
}

/** How a server does: which writes it has, what the others of its cluster have, and what its clients keep. */
export type ClusterStatus = StoreUsage & NodeStatus;

type NodeStatus =
  | { readonly role: 'leader'; readonly lastWrite: number; readonly followers: readonly FollowerStatus[] }
  | ({ readonly role: 'follower'; readonly lastWrite: number } & LinkStatus);
