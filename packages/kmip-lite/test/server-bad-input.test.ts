import { decodeTtlv, encodeTtlv, type Item, integer, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab-server.js';
import { itemOf, requestOf } from './support/raw-peer.js';
import { createAes, outcome, served } from './support/served.js';

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
    ['34', 'version 1.-1', withHeader(version(1, -1), count(1))],
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

  it.each([
    [2, 0],
    [2, 1],
    [9, 9],
  ])('row 34: version %i.%i is answered Invalid Message, and the client may go on with an older one', async (...v) => {
    const peer = await served(new Lab());
    const refused = await peer.ask(withHeader(version(...v), count(1)));
    expect(outcome(refused)).toEqual(['InvalidMessage']);
    expect(refused?.version).toEqual({ major: 1, minor: 1 });
    expect(outcome(await peer.ask(requestOf([itemOf('Query', { functions: [] })])))).toEqual(['ok']);
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
