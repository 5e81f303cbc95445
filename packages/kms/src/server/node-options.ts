import type { ProtocolVersion } from '@vcryptsim/kmip-lite';
import type { KeyServerName, Network, NetworkAddress, TlsIdentity } from '@vcryptsim/ports';

/** Where and as whom a node listens. */
export interface NodeOptions {
  readonly network: Network;
  readonly address: NetworkAddress;
  /** One identity, or an RSA and an EC one; default the server's own. */
  readonly identities?: readonly TlsIdentity[];
  readonly nodeName: KeyServerName;
  /** Newest version of KMIP to speak; default 1.4. Held to 1.1, a node answers as one that knows no later version. */
  readonly newestVersion?: ProtocolVersion | undefined;
}
