import type { State } from '@vcryptsim/kmip-lite';
import type { KeyId, KeyServerName } from '@vcryptsim/ports';
import type { ClientName } from './client-name.js';

/** What the key server did, told after it was done. Codes, IDs and numbers only. */
export type KmsEvent =
  | { readonly type: 'STORE_OPENED'; readonly objects: number; readonly tornBytes: number }
  | { readonly type: 'NODE_LISTENING'; readonly node: KeyServerName }
  | { readonly type: 'NODE_STOPPED'; readonly node: KeyServerName }
  | { readonly type: 'CLIENT_ADDED'; readonly client: ClientName }
  | { readonly type: 'CLIENT_REVOKED'; readonly client: ClientName }
  | { readonly type: 'CLIENT_REFUSED'; readonly node: KeyServerName; readonly code: string }
  /** An error that nobody expected cost one answer or one connection; `code` is its code or its class, never its text. */
  | {
      readonly type: 'FAULT_CONTAINED';
      readonly node: KeyServerName;
      readonly client: ClientName | null;
      readonly operation: string | null;
      readonly code: string;
    }
  | { readonly type: 'KEY_CREATED'; readonly keyId: KeyId; readonly client: ClientName }
  | { readonly type: 'KEY_REGISTERED'; readonly keyId: KeyId; readonly client: ClientName }
  | { readonly type: 'KEY_SERVED'; readonly keyId: KeyId; readonly client: ClientName; readonly node: KeyServerName }
  | { readonly type: 'KEY_STATE_CHANGED'; readonly keyId: KeyId; readonly from: State; readonly to: State }
  | { readonly type: 'ATTRIBUTE_ADDED'; readonly keyId: KeyId; readonly attribute: string }
  | { readonly type: 'FOLLOWER_ADDED'; readonly follower: ClientName }
  /** A leader: another node copies its store, or does so no more. */
  | { readonly type: 'FOLLOWER_JOINED'; readonly node: KeyServerName; readonly follower: ClientName }
  | { readonly type: 'FOLLOWER_LEFT'; readonly node: KeyServerName; readonly follower: ClientName }
  /** A follower: it is connected to its leader, or is no more (told once), or has copied all writes up to a number. */
  | { readonly type: 'LEADER_LINKED'; readonly node: KeyServerName; readonly lastWrite: number }
  | { readonly type: 'LEADER_LOST'; readonly node: KeyServerName; readonly code: string }
  | { readonly type: 'REPLICA_ADVANCED'; readonly node: KeyServerName; readonly lastWrite: number };
