export { KmipClientError, type KmipClientErrorCode } from './client/client-error.js';
export type { KmipClientOptions } from './client/client-options.js';
export { KmipClient, type OpenSession } from './client/kmip-client.js';
export type {
  BatchOptions,
  BatchRequest,
  BatchResult,
  CreateKeyOptions,
  FetchedKey,
  KmipSession,
} from './client/kmip-session.js';
