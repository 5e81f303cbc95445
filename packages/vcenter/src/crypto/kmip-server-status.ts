import type { KeyServerName, ProviderId } from '@vcryptsim/ports';
import type { ServerHealth } from '../terms/events.js';

/** Health of a key server (CryptoManagerKmipServerStatus). */
export interface KmipServerStatus {
  readonly providerId: ProviderId;
  readonly name: KeyServerName;
  readonly status: ServerHealth;
  readonly connectionStatus: string;
  /** Whether vCenter accepts the server's certificate; null when that was not found out. */
  readonly clientTrustServer: boolean | null;
  /** Whether the server accepts vCenter's certificate; null when that was not found out. */
  readonly serverTrustClient: boolean | null;
  /** Milliseconds since 1970. */
  readonly checkedMs: number;
}
