import type { CryptoKeyId, KeyServerName, ProviderId } from '@vcryptsim/ports';
import type { KeyProviderRecord } from '../database/schema.js';
import type { ServerHealth } from '../events.js';
import type { KmipServerSpec } from '../requests.js';

/** Health of a key server (CryptoManagerKmipServerStatus). */
export interface KmipServerStatus {
  readonly providerId: ProviderId;
  readonly name: KeyServerName;
  readonly status: ServerHealth;
  readonly connectionStatus: string;
  readonly clientTrustServer: boolean | null;
  readonly serverTrustClient: boolean | null;
  readonly checkedMs: number;
}

/** The door, until the rooms behind it stand. */
export declare class CryptoManagerKmip {
  registerKmipServer(o: KmipServerSpec): Promise<void>;
  removeKmipServer(providerId: ProviderId, server: KeyServerName): Promise<void>;
  markDefault(providerId: ProviderId): Promise<void>;
  listKmipServers(): readonly KeyProviderRecord[];
  generateSelfSignedClientCert(providerId: ProviderId): Promise<Uint8Array>;
  retrieveSelfSignedClientCert(providerId: ProviderId): Promise<Uint8Array>;
  retrieveKmipServerCert(providerId: ProviderId, server: KeyServerName): Promise<Uint8Array>;
  uploadKmipServerCert(providerId: ProviderId, server: KeyServerName, certificate: Uint8Array): Promise<void>;
  generateKey(providerId?: ProviderId): Promise<CryptoKeyId>;
  pollHealth(): Promise<void>;
  retrieveKmipServersStatus(): readonly KmipServerStatus[];
}
