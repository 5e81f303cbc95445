import {
  attribute,
  BatchErrorContinuationOption,
  decodeTtlv,
  defaultLimits,
  encodeTtlv,
  enumeration,
  enumerationName,
  type Item,
  integer,
  item,
  KmipError,
  ResultReason,
  structure,
  Tag,
  text,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import { Finished, Pending, servedOperations } from '@vcryptsim/kmip-lite/server';
import { AssertionError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import type { ResponseMessage } from '../src/message/response-message.js';
import { Lab, labOperations } from './support/lab-server.js';
import { settle } from './support/manual-clock.js';
import { itemOf, RawPeer, requestOf } from './support/raw-peer.js';

const createAes = (lengthBits = 256) => ({
  objectType: 'SymmetricKey' as const,
  templateAttribute: {
    attributes: [
      attribute('Cryptographic Algorithm', 'AES'),
      attribute('Cryptographic Usage Mask', 12),
      attribute('Cryptographic Length', lengthBits),
    ],
  },
});

/** What the items of an answer say: `ok`, or the reason by name. */
function outcome(answer: ResponseMessage | null): string[] {
  return (answer?.items ?? []).map(({ status, reason }) =>
    status === 0 ? 'ok' : (enumerationName(ResultReason, reason ?? 0) ?? ''),
  );
}

async function served(lab: Lab): Promise<RawPeer> {
  return new RawPeer(lab.connect());
}

describe('batches', () => {
  it('hand the identifier on in the ID Placeholder, and forget it with the message', async () => {
    const peer = await served(new Lab());
    const answer = await peer.ask(
      requestOf([
        itemOf('Create', createAes(), 1),
        itemOf('Activate', {}, 2),
        itemOf('GetAttributes', { attributeNames: ['State'] }, 3),
      ]),
    );
    expect(outcome(answer)).toEqual(['ok', 'ok', 'ok']);
    expect(answer?.items.map(({ uniqueBatchItemId }) => uniqueBatchItemId?.[0])).toEqual([1, 2, 3]);
    expect(outcome(await peer.ask(requestOf([itemOf('Activate', {})])))).toEqual(['MissingData']);
  });

  it('take the identifier of a Locate that finds exactly one, and of no other', async () => {
    let found: string[] = [];
    const asked: string[] = [];
    const lab = new Lab({
      operations: {
        Locate: async () => ({ uniqueIdentifiers: found }),
        Destroy: async ({ uniqueIdentifier }) => {
          asked.push(uniqueIdentifier);
          return { uniqueIdentifier };
        },
      },
    });
    const peer = await served(lab);
    const ask = (...identifiers: string[]) => {
      found = identifiers;
      return peer.ask(requestOf([itemOf('Locate', { attributes: [] }, 1), itemOf('Destroy', {}, 2)])).then(outcome);
    };
    expect(await ask('a')).toEqual(['ok', 'ok']);
    expect(await ask('a', 'b')).toEqual(['ok', 'MissingData']);
    expect(await ask()).toEqual(['ok', 'MissingData']);
    const emptied = [
      itemOf('Locate', { attributes: [] }, 1),
      itemOf('Locate', { attributes: [] }, 2),
      itemOf('Destroy', {}, 3),
    ];
    let turn = 0;
    const varying = new Lab({
      operations: {
        ...lab.served.operations,
        Locate: async () => {
          turn += 1;
          return { uniqueIdentifiers: turn === 1 ? ['a'] : ['a', 'b'] };
        },
      },
    });
    expect(outcome(await (await served(varying)).ask(requestOf(emptied)))).toEqual(['ok', 'ok', 'MissingData']);
    expect(asked).toEqual(['a']);
  });

  it('stop at the first failure, or go on, as asked', async () => {
    const peer = await served(new Lab());
    const items = [itemOf('Create', createAes(), 1), itemOf('Get', { uniqueIdentifier: 'x' }, 2), itemOf('Get', {}, 3)];
    expect(outcome(await peer.ask(requestOf(items)))).toEqual(['ok', 'ItemNotFound']);
    const { Continue, Stop, Undo } = BatchErrorContinuationOption;
    expect(outcome(await peer.ask(requestOf(items, { errorContinuation: Stop })))).toEqual(['ok', 'ItemNotFound']);
    expect(outcome(await peer.ask(requestOf(items, { errorContinuation: Continue })))).toEqual([
      'ok',
      'ItemNotFound',
      'ok',
    ]);
    const refused = (errorContinuation: number) => peer.ask(requestOf(items, { errorContinuation })).then(outcome);
    expect(await refused(Undo)).toEqual(['FeatureNotSupported', 'FeatureNotSupported', 'FeatureNotSupported']);
    expect(await refused(99)).toEqual(['InvalidField', 'InvalidField', 'InvalidField']);
  });

  it('do nothing at all when an id is missing, there twice or too long, or items are too many (rows 36, 37)', async () => {
    const create = (id?: number) => itemOf('Create', createAes(), id);
    const long = { ...create(), uniqueBatchItemId: new Uint8Array(65) };
    const many = Array.from({ length: defaultLimits.batchItems + 1 }, (_, at) => create(at));
    for (const items of [[create(1), create()], [create(1), create(1)], [long], many, []]) {
      const lab = new Lab();
      const peer = await served(lab);
      expect(outcome(await peer.ask(requestOf(items)))).toEqual(['InvalidMessage']);
      expect(await peer.answer()).toBeNull();
      expect(lab.store.keys.size).toBe(0);
    }
  });
});

describe('a message that is none', () => {
  const good = requestOf([itemOf('Query', { functions: ['QueryOperations'] })]);
  const change = (edit: (tree: Item & { type: 'Structure' }) => readonly Item[]): Uint8Array => {
    const tree = decodeTtlv(good);
    if (tree.type !== 'Structure') throw new Error('a message is a structure');
    return encodeTtlv({ ...tree, items: edit(tree) });
  };
  const bytes = (at: number, ...values: number[]): Uint8Array => {
    const changed = good.slice();
    changed.set(values, at);
    return changed;
  };
  const header = (items: readonly Item[]): Item => ({ tag: Tag.RequestHeader, type: 'Structure', items });
  const version = (major: number, minor: number): Item =>
    item(
      Tag.ProtocolVersion,
      structure([
        { tag: Tag.ProtocolVersionMajor, type: 'Integer', value: major },
        { tag: Tag.ProtocolVersionMinor, type: 'Integer', value: minor },
      ]),
    );
  const count = (value: number): Item => ({ tag: Tag.BatchCount, type: 'Integer', value });
  const withHeader = (...items: Item[]) => change((tree) => [header(items), ...tree.items.slice(1)]);

  it.each([
    ['5', 'a first tag that is not Request Message', bytes(2, 0x77)],
    ['6', 'a message that is no structure', bytes(3, 0x08)],
    ['8', 'an empty message', Uint8Array.of(0x42, 0, 0x78, 1, 0, 0, 0, 0)],
    ['10', 'a length above the limit', bytes(4, 0, 0x10, 0, 0)],
    ['10', 'a length of 2^31', bytes(4, 0x80, 0, 0, 0)],
    ['10', 'a length of 2^32-8', bytes(4, 0xff, 0xff, 0xff, 0xf8)],
    ['11', 'a length that is no multiple of 8', bytes(7, 0x51)],
    ['19', 'an unknown item type', bytes(11, 0x0b)],
    ['33', 'no header', change((tree) => tree.items.slice(1))],
    ['33', 'two headers', change((tree) => [...tree.items.slice(0, 1), ...tree.items])],
    ['33', 'the header last', change((tree) => [...tree.items].reverse())],
    ['34', 'no protocol version', withHeader(count(1))],
    ['34', 'version 0.0', withHeader(version(0, 0), count(1))],
    ['34', 'version 9.9', withHeader(version(9, 9), count(1))],
    ['34', 'version 1.-1', withHeader(version(1, -1), count(1))],
    ['34', 'version 2.0', withHeader(version(2, 0), count(1))],
    ['35', 'batch count 0', withHeader(version(1, 1), count(0))],
    ['35', 'batch count -1', withHeader(version(1, 1), count(-1))],
    ['35', 'batch count 2^31-1', withHeader(version(1, 1), count(2 ** 31 - 1))],
    ['35', 'batch count 2 with one item', withHeader(version(1, 1), count(2))],
    ['48', 'a maximum response size of 0', requestOf([itemOf('Query', { functions: [] })], { maximumResponseSize: 0 })],
    ['56', 'a response', bytes(2, 0x7b)],
    ['65', 'HTTP', new TextEncoder().encode('GET /kmip HTTP/1.1\r\n\r\n')],
  ])('row %s: %s is answered Invalid Message, without an operation, and then it is over', async (_, __, message) => {
    const lab = new Lab();
    const peer = await served(lab);
    const answer = await peer.ask(message);
    expect(outcome(answer)).toEqual(['InvalidMessage']);
    expect(answer).toMatchObject({ version: { major: 1, minor: 1 }, items: [{ operation: undefined }] });
    expect(await peer.answer()).toBeNull();
    expect(lab.exchanges).toMatchObject([{ items: [{ status: 'OperationFailed', reason: 'InvalidMessage' }] }]);
    await Promise.all(lab.servers);
  });

  it('rows 7, 9, 60: cut anywhere, it is closed without an answer', async () => {
    for (let cut = 0; cut < good.length; cut += 1) {
      const lab = new Lab();
      const peer = await served(lab);
      if (cut > 0) await peer.channel.write(good.subarray(0, cut));
      await peer.channel.close();
      await Promise.all(lab.servers);
      expect(lab.serverEnd?.written, `cut at ${cut}`).toEqual([]);
    }
  });

  it('row 61: with any single bit changed, it never breaks the server and never makes two keys', async () => {
    const create = requestOf([itemOf('Create', createAes())]);
    for (let bit = 0; bit < create.length * 8; bit += 1) {
      const changed = create.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const lab = new Lab();
      const peer = await served(lab);
      await peer.channel.write(changed);
      await peer.channel.close();
      await Promise.all(lab.servers);
      expect(lab.store.keys.size).toBeLessThanOrEqual(1);
    }
  });
});

describe('an item that fails alone', () => {
  it.each([
    ['31', 'a field of another place', [item(Tag.Username, text('x'))], 'InvalidMessage'],
    [
      '31',
      'a field twice',
      [item(Tag.UniqueIdentifier, text('1')), item(Tag.UniqueIdentifier, text('1'))],
      'InvalidMessage',
    ],
    ['30', 'a field of a vendor', [item(0x540001, text('x'))], 'InvalidField'],
    ['30', 'a field of a later version', [item(Tag.Data, text('x'))], 'InvalidField'],
    ['29', 'a field of another type', [item(Tag.UniqueIdentifier, { type: 'Integer', value: 1 })], 'InvalidMessage'],
    [
      '55',
      'a control character in an attribute name',
      [item(Tag.AttributeName, text('x-Product\u0000'))],
      'InvalidField',
    ],
    ['28', 'an empty attribute name', [item(Tag.AttributeName, text(''))], 'InvalidField'],
    ['28', 'an attribute name of 1,025 bytes', [item(Tag.AttributeName, text('x'.repeat(1025)))], 'InvalidField'],
  ])('row %s: %s', async (_, __, payload, reason) => {
    const peer = await served(new Lab());
    const operation = itemOf('GetAttributes', { attributeNames: [] });
    expect(outcome(await peer.ask(requestOf([{ ...operation, payload }])))).toEqual([reason]);
    expect(outcome(await peer.ask(requestOf([itemOf('Create', createAes())])))).toEqual(['ok']);
  });

  it.each([
    ['54', 'a negative attribute index', { name: 'x-A', index: -1, value: text('b') }, 'IndexOutOfBounds'],
    ['29', 'a standard attribute of another type', { name: 'Object Group', value: integer(1) }, 'InvalidField'],
  ])('row %s: %s', async (_, __, added, reason) => {
    const peer = await served(new Lab());
    const add = itemOf('AddAttribute', { attribute: added }, 2);
    expect(outcome(await peer.ask(requestOf([itemOf('Create', createAes(), 1), add])))).toEqual(['ok', reason]);
  });

  it('rows 39, 40: an unknown operation, and an item without payload', async () => {
    const peer = await served(new Lab());
    for (const operation of [0, 5, 0x2a, 0x80000001, 0xffffffff]) {
      const answer = await peer.ask(requestOf([{ operation, payload: [] }]));
      expect(outcome(answer)).toEqual(['OperationNotSupported']);
      expect(answer?.items[0]?.operation).toBe(operation);
    }
    expect(outcome(await peer.ask(requestOf([{ operation: 0x18 }])))).toEqual(['InvalidMessage']);
  });

  it('row 51: a critical message extension is refused, another is passed over', async () => {
    const lab = new Lab();
    const peer = await served(lab);
    const extension = { vendorIdentification: 'acme', critical: true, vendorExtension: [] };
    const create = itemOf('Create', createAes());
    const ask = (critical: boolean) => peer.ask(requestOf([{ ...create, extensions: [{ ...extension, critical }] }]));
    expect(outcome(await ask(true))).toEqual(['FeatureNotSupported']);
    expect(lab.store.keys.size).toBe(0);
    expect(outcome(await ask(false))).toEqual(['ok']);
  });
});

describe('versions', () => {
  it.each([0, 1, 2, 3, 4])('answers 1.%i in the same version, Discover Versions too', async (minor) => {
    const peer = await served(new Lab());
    const answer = await peer.ask(
      requestOf([itemOf('DiscoverVersions', { versions: [] })], { version: { major: 1, minor } }),
    );
    expect(outcome(answer)).toEqual(['ok']);
    expect(answer?.version).toEqual({ major: 1, minor });
  });

  it('passes unknown fields over under a later minor version', async () => {
    const peer = await served(new Lab());
    const query = itemOf('Query', { functions: ['QueryServerInformation'] });
    const payload = [...(query.payload ?? []), item(Tag.Data, text('x')), item(0x540001, text('x'))];
    const ask = (minor: number) => peer.ask(requestOf([{ ...query, payload }], { version: { major: 1, minor } }));
    expect(outcome(await ask(2))).toEqual(['ok']);
    expect(outcome(await ask(1))).toEqual(['InvalidField']);
    const profiles = item(Tag.QueryFunction, enumeration(0x0a));
    const askProfiles = (minor: number) =>
      peer.ask(requestOf([{ ...query, payload: [profiles] }], { version: { major: 1, minor } })).then(outcome);
    expect(await askProfiles(3)).toEqual(['ok']);
    expect(await askProfiles(1)).toEqual(['InvalidField']);
  });

  it('tells a client of 1.0 nothing that came with 1.1', async () => {
    const lab = new Lab({
      operations: {
        ...labOperations,
        ReKeyKeyPair: async () => ({ privateKeyUniqueIdentifier: '1', publicKeyUniqueIdentifier: '2' }),
        Query: async () => ({ operations: ['Create', 'ReKeyKeyPair', 'DiscoverVersions'] }),
        GetAttributes: async ({ uniqueIdentifier }) => ({
          uniqueIdentifier,
          attributes: [
            attribute('Fresh', true),
            textAttribute('x-Vendor', 'v'),
            attribute('Digest', { hashingAlgorithm: 'SHA256', digestValue: new Uint8Array(32), keyFormatType: 'Raw' }),
          ],
        }),
        GetAttributeList: async ({ uniqueIdentifier }) => ({
          uniqueIdentifier,
          attributeNames: ['Fresh', 'Digest', 'x-Vendor'],
        }),
      },
    });
    const client = (minor: number) => lab.client({ version: { major: 1, minor } });
    const seen = (minor: number) =>
      client(minor).session(async (session) => ({
        operations: (await session.query(['QueryOperations'])).operations,
        attributes: (
          await session.perform('GetAttributes', { uniqueIdentifier: '1', attributeNames: [] })
        ).attributes.map(({ name }) => name),
        names: (await session.perform('GetAttributeList', { uniqueIdentifier: '1' })).attributeNames,
      }));
    expect(await seen(0)).toEqual({
      operations: ['Create'],
      attributes: ['x-Vendor', 'Digest'],
      names: ['Digest', 'x-Vendor'],
    });
    expect(await seen(1)).toEqual({
      operations: ['Create', 'ReKeyKeyPair', 'DiscoverVersions'],
      attributes: ['Fresh', 'x-Vendor', 'Digest'],
      names: ['Fresh', 'Digest', 'x-Vendor'],
    });
    const peer = await served(lab);
    const reKey = (minor: number) =>
      peer.ask(requestOf([itemOf('ReKeyKeyPair', { uniqueIdentifier: '1' })], { version: { major: 1, minor } }));
    expect(outcome(await reKey(0))).toEqual(['OperationNotSupported']);
    expect(outcome(await reKey(1))).toEqual(['ok']);
  });
});

describe('answers', () => {
  it('that are too long for the client become short failures', async () => {
    const peer = await served(new Lab());
    const query = itemOf('Query', { functions: ['QueryServerInformation'] });
    const answer = await peer.ask(requestOf([query], { maximumResponseSize: 100 }));
    expect(outcome(answer)).toEqual(['ResponseTooLarge']);
    expect(answer?.items[0]).toMatchObject({ operation: query.operation, payload: undefined });
    expect(outcome(await peer.ask(requestOf([query], { maximumResponseSize: 2048 })))).toEqual(['ok']);
  });

  it('leave in one write each, whatever chunks the request came in, pipelined or not (row 57)', async () => {
    const lab = new Lab();
    const peer = await served(lab);
    peer.channel.chunkBytes = 1;
    const one = requestOf([itemOf('Create', createAes())]);
    const two = new Uint8Array(one.length * 2);
    two.set(one);
    two.set(one, one.length);
    expect(outcome(await peer.ask(one))).toEqual(['ok']);
    peer.channel.chunkBytes = 0;
    expect(outcome(await peer.ask(two))).toEqual(['ok']);
    expect(outcome(await peer.answer())).toEqual(['ok']);
    expect(lab.serverEnd?.written.length).toBe(3);
  });

  it('leave only after the exchange was recorded, and not at all if that fails', async () => {
    const recorded: string[] = [];
    let fails = false;
    const lab = new Lab({
      onExchange: async ({ request, response }) => {
        expect(lab.serverEnd?.written.length).toBe(recorded.length);
        expect([request[2], response[2]]).toEqual([0x78, 0x7b]);
        if (fails) throw new Error('the audit cannot be written');
        recorded.push('exchange');
      },
    });
    const peer = await served(lab);
    const request = requestOf([itemOf('Create', createAes())]);
    expect(outcome(await peer.ask(request))).toEqual(['ok']);
    fails = true;
    expect(await peer.ask(request)).toBeNull();
    await Promise.all(lab.servers);
    expect(lab.serverEnd?.written.length).toBe(1);
  });

  it('leave nothing behind: both frames and the handed-over key are zeroed', async () => {
    const kept: Uint8Array[] = [];
    const handedOver: Uint8Array[] = [];
    const lab = new Lab({
      operations: {
        ...labOperations,
        Get: async (request, call) => {
          const answer = await labOperations.Get?.(request, call);
          if (answer === undefined || !('object' in answer) || !('keyBlock' in answer.object))
            throw new Error('no key');
          const { keyValue } = answer.object.keyBlock;
          if ('keyMaterial' in keyValue && keyValue.keyMaterial instanceof Uint8Array)
            handedOver.push(keyValue.keyMaterial);
          return answer;
        },
      },
      onExchange: async ({ request, response }) => {
        kept.push(request, response);
      },
    });
    const peer = await served(lab);
    await peer.ask(requestOf([itemOf('Create', createAes(), 1), itemOf('Get', {}, 2)]));
    await settle();
    expect(handedOver.length).toBe(1);
    expect(kept.length).toBe(2);
    for (const bytes of [...kept, ...handedOver, ...(lab.serverEnd?.handed ?? [])]) {
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
    expect(lab.store.keys.get('1')?.bytes.some((byte) => byte !== 0)).toBe(true);
  });
});

describe('handlers', () => {
  it('may answer later: Pending, then Poll gives the operation’s own answer', async () => {
    const correlation = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1);
    const lab = new Lab({
      operations: {
        ...labOperations,
        Archive: async (_, { asynchronousAllowed }) =>
          asynchronousAllowed ? new Pending(correlation) : { uniqueIdentifier: '1' },
        Poll: async () => new Finished('Archive', { uniqueIdentifier: '1' }),
      },
    });
    await lab.client().session(async (session) => {
      const [pending] = await session.batch([{ operation: 'Archive', payload: { uniqueIdentifier: '1' } }], {
        asynchronous: true,
      });
      expect(pending).toEqual({ status: 'OperationPending', operation: 'Archive', correlationValue: correlation });
      const { items } = await session.perform('Poll', { asynchronousCorrelationValue: correlation });
      expect(items).toEqual([item(Tag.UniqueIdentifier, text('1'))]);
    });
  });

  it('see the credential, and a refusal of it fails every item', async () => {
    const seen: unknown[] = [];
    const lab = new Lab({
      admit: async (credential) => {
        seen.push(structuredClone(credential));
        if (credential?.type !== 'UsernameAndPassword' || credential.username !== 'fred') {
          throw new KmipError('AuthenticationNotSuccessful', 'this user is not known');
        }
      },
    });
    const client = (username: string) =>
      lab.client({
        credential: { type: 'UsernameAndPassword', username, password: new TextEncoder().encode('secret') },
      });
    await client('fred').session((session) => session.create({ algorithm: 'AES', lengthBits: 256, usageMask: 12 }));
    await expect(client('barney').session((session) => session.query([]))).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      reason: 'AuthenticationNotSuccessful',
    });
    expect(seen.length).toBe(2);
    expect(lab.exchanges.map(({ username }) => username)).toEqual(['fred', 'barney']);
  });

  it('that break end the connection and are told to the caller', async () => {
    const lab = new Lab({
      operations: {
        Query: async () => {
          throw new AssertionError('our own mistake');
        },
      },
    });
    const peer = await served(lab);
    const broken = expect(lab.servers[0]).rejects.toThrow('our own mistake');
    expect(await peer.ask(requestOf([itemOf('Query', { functions: [] })]))).toBeNull();
    await broken;
  });

  it('are listed for Query in the order of the specification, Discover Versions always', () => {
    expect(servedOperations(labOperations)).toEqual([
      'Create',
      'Get',
      'GetAttributes',
      'AddAttribute',
      'Activate',
      'Query',
      'DiscoverVersions',
    ]);
  });
});

describe('time limits', () => {
  const request = requestOf([itemOf('Query', { functions: [] })]);
  it.each([
    ['10 s without a first byte', [], 10_000],
    ['10 s inside a message', [request.subarray(0, 20)], 10_000],
    ['300 s between requests', [request], 300_000],
  ])('end the connection after %s', async (_, writes, limitMs) => {
    const lab = new Lab();
    const peer = await served(lab);
    for (const bytes of writes) await peer.channel.write(bytes);
    await settle();
    await lab.clock.advance(limitMs - 1);
    expect(lab.serverEnd?.ended).toBeUndefined();
    await lab.clock.advance(1);
    expect(lab.serverEnd?.ended).toBe('CLOSED');
    await Promise.all(lab.servers);
  });

  it('a connection that closes without a byte is normal', async () => {
    const lab = new Lab();
    await (await served(lab)).channel.close();
    await Promise.all(lab.servers);
    expect(lab.exchanges).toEqual([]);
  });
});
