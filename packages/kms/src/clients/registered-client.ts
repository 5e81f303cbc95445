import type { ClientName } from '../terms/client-name.js';

/** A client that may connect. */
export interface RegisteredClient {
  readonly name: ClientName;
  /** DER of the certificates it is registered with; one as a rule, more while a key is being replaced, none if unreadable. */
  readonly certificates: readonly Uint8Array[];
  /** DER of an authority of the client's own (vCenter's root): whoever it signs for is this client. */
  readonly authority: Uint8Array | null;
  /** Whether it may not connect any more. Its name and its key stay taken, its objects stay. */
  readonly isRevoked: boolean;
}
