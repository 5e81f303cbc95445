import type { LinkStatus } from './follower-link.js';
import type { FollowerStatus } from './leader-door.js';

/** How a server stands in its cluster: which writes it has, and what the others have. */
export type ClusterStatus =
  | { readonly role: 'leader'; readonly lastWrite: number; readonly followers: readonly FollowerStatus[] }
  | ({ readonly role: 'follower'; readonly lastWrite: number } & LinkStatus);
