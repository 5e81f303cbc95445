import { randomBytes, X509Certificate } from 'node:crypto';
import { type Attribute, attribute, KmipError, type ManagedObject } from '@vcryptsim/kmip-lite';
import { type OperationTable, serveChannel } from '@vcryptsim/kmip-lite/server';
import { summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { fingerprintSha256, PkiError, peerJudge } from '@vcryptsim/pki';
import type { Channel, Clock, Listener, Network, PeerCertificate, TlsIdentity } from '@vcryptsim/ports';

/** How a key server can differ from what vCenter wants. */
export type Flaw =
  | 'no State'
  | 'Add Attribute refused item by item'
  | 'Add Attribute refused as a whole'
  | 'Add Attribute ends the connection'
  | 'dies of an empty connection'
  | 'keys of 128 bits'
  | 'keys wrapped'
  | 'keys transparent'
  | 'another key each time'
  | 'insists on clientAuth'
  | 'authentication fails'
  | 'General Failure for a missing key'
  | 'a key for every ID'
  | 'no Revoke and Destroy'
  | 'Revoke without effect'
  | 'Destroy without effect'
  | 'forgets keys at a restart'
  | 'four connections at most'
  | 'silent'
  | 'Query refused'
  | 'only 1.0 named'
  | 'another ID answered';

interface Key {
  bytes: Uint8Array;
  state: 'PreActive' | 'Active' | 'Deactivated';
}

/** A key server of a few lines, good but for its flaws. */
export class ForeignKeyServer {
  readonly #keys = new Map<string, Key>();
  #listener: Listener | null = null;
  #open = 0;
  #dead = false;
  #made = 0;
  /** User names of the credentials that came, with their passwords. */
  readonly credentials = new Set<string>();
  connections = 0;

  constructor(
    readonly network: Network,
    readonly clock: Clock,
    readonly identity: TlsIdentity,
    readonly client: Uint8Array,
    readonly flaws: readonly Flaw[],
  ) {}

  has(flaw: Flaw): boolean {
    return this.flaws.includes(flaw);
  }

  async start(): Promise<void> {
    this.#listener = await this.network.listen(
      { name: 'kms' },
      {
        identities: [this.identity],
        judge: (chain) => this.#judge(chain),
        onChannel: (channel) => this.#serve(channel),
      },
    );
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    if (this.has('forgets keys at a restart')) this.#keys.clear();
    await this.clock.after(3_000);
    await this.start();
  }

  async #judge(chain: readonly Uint8Array[]): Promise<PeerCertificate> {
    const usages = chain[0] === undefined ? [] : new X509Certificate(chain[0]).keyUsage;
    if (this.has('insists on clientAuth') && !usages?.includes('1.3.6.1.5.5.7.3.2')) {
      throw new PkiError('WRONG_USAGE', fingerprintSha256(chain[0] ?? new Uint8Array(0)));
    }
    return peerJudge({ pins: [this.client], authorities: [] }, this.clock)(chain);
  }

  async #serve(channel: Channel): Promise<void> {
    this.connections += 1;
    this.#open += 1;
    if (this.#dead || (this.has('four connections at most') && this.#open > 4)) {
      await channel.abort();
    } else {
      const heard = new HeardChannel(channel, this.flaws);
      await serveChannel<ForeignKeyServer>(heard, {
        operations,
        context: this,
        clock: this.clock,
        firstRequestTimeoutMs: 600_000,
        messageTimeoutMs: 600_000,
        admit: async (credential) => {
          if (credential?.type === 'UsernameAndPassword') {
            this.credentials.add(`${credential.username}:${new TextDecoder().decode(credential.password)}`);
          }
          if (this.has('authentication fails')) throw new KmipError('AuthenticationNotSuccessful', 'who are you');
        },
      });
      if (this.has('dies of an empty connection') && !heard.spoken && this.connections > 1) await this.stop();
    }
    this.#open -= 1;
  }

  make(): string {
    this.#made += 1;
    this.#keys.set(String(this.#made), {
      bytes: Uint8Array.from(randomBytes(this.has('keys of 128 bits') ? 16 : 32)),
      state: 'PreActive',
    });
    return String(this.#made);
  }

  find(id: string): Key {
    const key = this.#keys.get(id) ?? (this.has('a key for every ID') ? this.#keys.get('1') : undefined);
    if (key) return key;
    throw this.has('General Failure for a missing key')
      ? new KmipError('GeneralFailure', 'something went wrong')
      : new KmipError('ItemNotFound', 'no such key');
  }

  destroy(id: string): void {
    this.find(id);
    if (!this.has('Destroy without effect')) this.#keys.delete(id);
  }
}

/** What a server hears, where its flaws begin with hearing. */
class HeardChannel implements Channel {
  spoken = false;

  constructor(
    readonly inner: Channel,
    readonly flaws: readonly Flaw[],
  ) {}

  get peer() {
    return this.inner.peer;
  }

  async read(): Promise<Uint8Array | null> {
    const bytes = await this.inner.read();
    if (bytes === null) return null;
    this.spoken = true;
    if (this.flaws.includes('silent')) return new Promise(() => {});
    const adds = summarizeMessage(bytes)?.items[0]?.operation === 'AddAttribute';
    if (adds && this.flaws.includes('Add Attribute ends the connection')) return null;
    // A wrong Batch Count makes the message one that is refused as a whole. It is the last field of the header.
    if (adds && this.flaws.includes('Add Attribute refused as a whole')) {
      const at = Buffer.from(bytes).indexOf(Buffer.from('42000d02', 'hex'));
      bytes[at + 11] = 9;
    }
    return bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.inner.write(bytes);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  abort(): Promise<void> {
    return this.inner.abort();
  }
}

function keyObject(server: ForeignKeyServer, keyMaterial: Uint8Array): ManagedObject {
  const keyBlock = {
    keyFormatType: 'Raw',
    keyValue: { keyMaterial },
    cryptographicAlgorithm: 'AES',
    cryptographicLength: keyMaterial.length * 8,
  } as const;
  if (server.has('keys wrapped')) {
    const keyWrappingData = { wrappingMethod: 'Encrypt' } as const;
    return { objectType: 'SymmetricKey', keyBlock: { ...keyBlock, keyWrappingData } };
  }
  const format = server.has('keys transparent') ? { keyFormatType: 'Opaque' as const } : {};
  return { objectType: 'SymmetricKey', keyBlock: { ...keyBlock, ...format } };
}

function refuseWhereUnknown(server: ForeignKeyServer): void {
  if (server.has('no Revoke and Destroy')) throw new KmipError('OperationNotSupported', 'not here');
}

const operations: OperationTable<ForeignKeyServer> = {
  Create: async ({ objectType }, { context }) => ({ objectType, uniqueIdentifier: context.make() }),
  Get: async ({ uniqueIdentifier }, { context }) => {
    const { bytes } = context.find(uniqueIdentifier);
    const material = context.has('another key each time') ? randomBytes(32) : bytes.slice();
    const told = context.has('another ID answered') ? 'another' : uniqueIdentifier;
    return { uniqueIdentifier: told, object: keyObject(context, material) };
  },
  GetAttributes: async ({ uniqueIdentifier, attributeNames }, { context }) => {
    const { state } = context.find(uniqueIdentifier);
    const isAsked = attributeNames.includes('State') && !context.has('no State');
    const attributes: Attribute[] = isAsked ? [attribute('State', state)] : [];
    return { uniqueIdentifier, attributes };
  },
  AddAttribute: async ({ uniqueIdentifier, attribute: added }, { context }) => {
    if (context.has('Add Attribute refused item by item')) throw new KmipError('OperationNotSupported', 'not here');
    return { uniqueIdentifier, attribute: added };
  },
  Activate: async ({ uniqueIdentifier }, { context }) => {
    context.find(uniqueIdentifier).state = 'Active';
    return { uniqueIdentifier };
  },
  Revoke: async ({ uniqueIdentifier }, { context }) => {
    refuseWhereUnknown(context);
    if (!context.has('Revoke without effect')) context.find(uniqueIdentifier).state = 'Deactivated';
    return { uniqueIdentifier };
  },
  Destroy: async ({ uniqueIdentifier }, { context }) => {
    refuseWhereUnknown(context);
    context.destroy(uniqueIdentifier);
    return { uniqueIdentifier };
  },
  Query: async (_request, { context }) => {
    if (context.has('Query refused')) throw new KmipError('OperationNotSupported', 'not here');
    return { vendorIdentification: 'Foreign' };
  },
  DiscoverVersions: async (_request, { context }) => ({
    versions: context.has('only 1.0 named') ? [{ major: 1, minor: 0 }] : [{ major: 1, minor: 1 }],
  }),
};
