import { type Attribute, attribute, copyAttribute, firstValue, KmipError, type RequestOf } from '@vcryptsim/kmip-lite';
import { KmipClient, type KmipClientOptions } from '@vcryptsim/kmip-lite/client';
import { type Exchange, type OperationTable, type ServeOptions, serveChannel } from '@vcryptsim/kmip-lite/server';
import { channelPair, type TestChannel } from './channel-pair.js';
import { ManualClock } from './manual-clock.js';

interface LabKey {
  readonly bytes: Uint8Array;
  readonly attributes: Attribute[];
}

/** A key server of a few lines, to hold client and server against each other. */
export class LabStore {
  readonly keys = new Map<string, LabKey>();

  find(id: string): LabKey {
    const key = this.keys.get(id);
    if (key === undefined) throw new KmipError('ItemNotFound', 'there is no such object');
    return key;
  }

  create({ templateAttribute }: RequestOf<'Create'>): string {
    const { attributes } = templateAttribute;
    const lengthBits = firstValue('Cryptographic Length', attributes);
    if (lengthBits === undefined) throw new KmipError('MissingData', 'the Cryptographic Length is missing');
    if (![128, 192, 256].includes(lengthBits)) throw new KmipError('InvalidField', 'AES has no such length');
    const id = String(this.keys.size + 1);
    const bytes = new Uint8Array(lengthBits / 8).map((_, at) => (at * 7 + this.keys.size + 1) & 0xff);
    this.keys.set(id, { bytes, attributes: [...attributes, attribute('State', 'PreActive')] });
    return id;
  }
}

export const labOperations: OperationTable<LabStore> = {
  Create: async (request, { context }) => ({
    objectType: request.objectType,
    uniqueIdentifier: context.create(request),
  }),
  Get: async ({ uniqueIdentifier }, { context }) => {
    const { bytes, attributes } = context.find(uniqueIdentifier);
    return {
      uniqueIdentifier,
      object: {
        objectType: 'SymmetricKey',
        keyBlock: {
          keyFormatType: 'Raw',
          keyValue: { keyMaterial: bytes.slice() },
          cryptographicAlgorithm: firstValue('Cryptographic Algorithm', attributes) ?? 'AES',
          cryptographicLength: bytes.length * 8,
        },
      },
    };
  },
  GetAttributes: async ({ uniqueIdentifier, attributeNames }, { context }) => ({
    uniqueIdentifier,
    attributes: context
      .find(uniqueIdentifier)
      .attributes.filter(({ name }) => attributeNames.length === 0 || attributeNames.includes(name)),
  }),
  AddAttribute: async ({ uniqueIdentifier, attribute: added }, { context }) => {
    const { attributes } = context.find(uniqueIdentifier);
    if (added.name === 'State') throw new KmipError('PermissionDenied', 'the State is the server’s');
    attributes.push(copyAttribute(added));
    return { uniqueIdentifier, attribute: added };
  },
  Activate: async ({ uniqueIdentifier }, { context }) => {
    const { attributes } = context.find(uniqueIdentifier);
    const at = attributes.findIndex(({ name }) => name === 'State');
    if (firstValue('State', attributes) !== 'PreActive') throw new KmipError('PermissionDenied', 'not Pre-Active');
    attributes[at] = attribute('State', 'Active');
    return { uniqueIdentifier };
  },
  Query: async () => ({ vendorIdentification: 'lab' }),
};

/** A client and a server with a connection in memory between them. */
export class Lab {
  readonly clock = new ManualClock();
  readonly store = new LabStore();
  readonly exchanges: Pick<Exchange<LabStore>, 'items' | 'version' | 'username'>[] = [];
  readonly servers: Promise<void>[] = [];
  clientEnd: TestChannel | undefined;
  serverEnd: TestChannel | undefined;

  constructor(readonly served: Partial<ServeOptions<LabStore>> = {}) {}

  /** Opens a connection and serves its other end. */
  connect(): TestChannel {
    const [clientEnd, serverEnd] = channelPair();
    this.clientEnd = clientEnd;
    this.serverEnd = serverEnd;
    this.servers.push(
      serveChannel(serverEnd, {
        operations: labOperations,
        context: this.store,
        clock: this.clock,
        onExchange: async ({ items, version, username }) => {
          this.exchanges.push({ items, version, username });
        },
        ...this.served,
      }),
    );
    return clientEnd;
  }

  client(options: Partial<KmipClientOptions> = {}): KmipClient {
    return new KmipClient({ connect: async () => this.connect(), clock: this.clock, timeoutMs: 1000, ...options });
  }
}
