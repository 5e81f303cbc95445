export { KmipClientError, type KmipClientErrorCode } from './client/client-error.js';
export { KmipClient, type KmipClientOptions, type OpenSession } from './client/kmip-client.js';
export type {
  BatchOptions,
  BatchRequest,
  BatchResult,
  CreateKeyOptions,
  FetchedKey,
  KmipSession,
} from './client/kmip-session.js';
