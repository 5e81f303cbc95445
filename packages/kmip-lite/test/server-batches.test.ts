import {
  attribute,
  BatchErrorContinuationOption,
  defaultLimits,
  enumeration,
  type Item,
  item,
  Tag,
  text,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { Lab, labOperations } from './support/lab-server.js';
import { itemOf, requestOf } from './support/raw-peer.js';
import { createAes, outcome, served } from './support/served.js';

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
    expect(outcome(await peer.ask(requestOf([itemOf('Activate', {})])))).toEqual(['ItemNotFound']);
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
    expect(await ask('a', 'b')).toEqual(['ok', 'ItemNotFound']);
    expect(await ask()).toEqual(['ok', 'ItemNotFound']);
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
    expect(outcome(await (await served(varying)).ask(requestOf(emptied)))).toEqual(['ok', 'ok', 'ItemNotFound']);
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

describe('versions', () => {
  it.each([0, 1, 2, 3, 4])('answers 1.%i in the same version, Discover Versions too', async (minor) => {
    const peer = await served(new Lab());
    const answer = await peer.ask(
      requestOf([itemOf('DiscoverVersions', { versions: [] })], { version: { major: 1, minor } }),
    );
    expect(outcome(answer)).toEqual(['ok']);
    expect(answer?.version).toEqual({ major: 1, minor });
  });

  it('passes over what a later minor version or a vendor added', async () => {
    const peer = await served(new Lab());
    const query = itemOf('Query', { functions: ['QueryServerInformation'] });
    const later = item(0x4201ff, text('x'));
    const vendors = item(0x540001, text('x'));
    const ask = (minor: number, field: Item) => {
      const payload = [...(query.payload ?? []), field];
      return peer.ask(requestOf([{ ...query, payload }], { version: { major: 1, minor } })).then(outcome);
    };
    expect(await ask(5, later)).toEqual(['ok']);
    for (const minor of [0, 1, 2, 3, 4]) {
      expect(await ask(minor, later)).toEqual(['InvalidField']);
      // A vendor's field is none of ours, in any version: like a message extension that is not critical.
      expect(await ask(minor, vendors)).toEqual(['ok']);
    }
    const profiles = item(Tag.QueryFunction, enumeration(0x0a));
    const askProfiles = (minor: number) =>
      peer.ask(requestOf([{ ...query, payload: [profiles] }], { version: { major: 1, minor } })).then(outcome);
    expect(await askProfiles(3)).toEqual(['ok']);
    expect(await askProfiles(1)).toEqual(['ok']);
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
