import { type Attribute, attribute, copyAttribute, firstValue, KmipError } from '@vcryptsim/kmip-lite';
import { type OperationTable, serveChannel } from '@vcryptsim/kmip-lite/server';
import { peerJudge } from '@vcryptsim/pki';
import type { Clock, Entropy, Listener, Network, PeerCertificate, TlsIdentity } from '@vcryptsim/ports';

interface LabKey {
  readonly bytes: Uint8Array;
  readonly attributes: Attribute[];
}

/** Key servers of a few lines that share one table of keys; each listens under a name of its own. */
export class LabKeyServers {
  readonly keys = new Map<string, LabKey>();
  /** DER of the client certificates that are let in. */
  readonly trustedClients: Uint8Array[] = [];
  /** DER of authorities whose clients are let in. */
  readonly trustedAuthorities: Uint8Array[] = [];
  /** How Add Attribute is answered: as it should be, or as a server without it answers each item. */
  addAttribute: 'served' | 'refused' = 'served';
  /** Whether Get Attributes is served at all. */
  attributesReadable = true;
  readonly #listeners = new Map<string, Listener>();

  constructor(
    readonly network: Network,
    readonly clock: Clock,
    readonly entropy: Entropy,
    readonly identity: TlsIdentity,
  ) {}

  async start(name: string): Promise<void> {
    const judge = (chain: readonly Uint8Array[]): Promise<PeerCertificate> =>
      peerJudge({ pins: this.trustedClients, authorities: this.trustedAuthorities }, this.clock)(chain);
    const listener = await this.network.listen(
      { name },
      {
        identities: [this.identity],
        judge,
        onChannel: (channel) => serveChannel<LabKeyServers>(channel, { operations, context: this, clock: this.clock }),
      },
    );
    this.#listeners.set(name, listener);
  }

  async stop(name: string): Promise<void> {
    await this.#listeners.get(name)?.close();
    this.#listeners.delete(name);
  }

  bytesOf(keyId: string): Uint8Array {
    return this.find(keyId).bytes;
  }

  setState(keyId: string, state: 'PreActive' | 'Active' | 'Deactivated' | 'Compromised' | 'Destroyed'): void {
    const { attributes } = this.find(keyId);
    attributes[attributes.findIndex(({ name }) => name === 'State')] = attribute('State', state);
  }

  find(id: string): LabKey {
    const key = this.keys.get(id);
    if (!key) throw new KmipError('ItemNotFound', 'there is no such object');
    return key;
  }
}

const operations: OperationTable<LabKeyServers> = {
  Create: async ({ objectType, templateAttribute }, { context }) => {
    const lengthBits = firstValue('Cryptographic Length', templateAttribute.attributes) ?? 0;
    const uniqueIdentifier = `key-${context.keys.size + 1}`;
    const attributes = [...templateAttribute.attributes.map(copyAttribute), attribute('State', 'PreActive')];
    context.keys.set(uniqueIdentifier, { bytes: context.entropy.secret(lengthBits / 8, 'KEK'), attributes });
    return { objectType, uniqueIdentifier };
  },
  Get: async ({ uniqueIdentifier }, { context }) => {
    const { bytes } = context.find(uniqueIdentifier);
    const keyBlock = {
      keyFormatType: 'Raw',
      keyValue: { keyMaterial: bytes.slice() },
      cryptographicAlgorithm: 'AES',
      cryptographicLength: bytes.length * 8,
    } as const;
    return { uniqueIdentifier, object: { objectType: 'SymmetricKey', keyBlock } };
  },
  GetAttributes: async ({ uniqueIdentifier, attributeNames }, { context }) => {
    if (!context.attributesReadable) throw new KmipError('OperationNotSupported', 'no Get Attributes here');
    const { attributes } = context.find(uniqueIdentifier);
    return { uniqueIdentifier, attributes: attributes.filter(({ name }) => attributeNames.includes(name)) };
  },
  AddAttribute: async ({ uniqueIdentifier, attribute: added }, { context }) => {
    if (context.addAttribute === 'refused') throw new KmipError('OperationNotSupported', 'no Add Attribute here');
    context.find(uniqueIdentifier).attributes.push(copyAttribute(added));
    return { uniqueIdentifier, attribute: added };
  },
  Activate: async ({ uniqueIdentifier }, { context }) => {
    context.setState(uniqueIdentifier, 'Active');
    return { uniqueIdentifier };
  },
  Query: async () => ({ vendorIdentification: 'lab' }),
};
