// facts/reliability.md section 3.3, rows 33 to 40 and 48 to 52: headers and batches.
import { Tag } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { BadPeer, expectAnswer, fieldsOf, type Kind, withBadPeers } from './bad-peer.js';
import {
  ask,
  batchItem,
  boolean,
  bytes,
  createPayload,
  dateTime,
  enumeration,
  id,
  integer,
  request,
  structure,
  text,
  version,
} from './raw-ttlv.js';

const discover = batchItem('DiscoverVersions', []);
const numbered = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) =>
    batchItem('Create', createPayload(), { id: Uint8Array.of(at >> 8, at & 0xff) }),
  );
const header = (...fields: Uint8Array[]): Buffer => structure(Tag.RequestHeader, ...fields);
const count = integer(Tag.BatchCount, 1);
const withHeader = (...fields: Uint8Array[]): Buffer => request([discover], { header: fields });
const undoOption = (value: number): Buffer => enumeration(Tag.BatchErrorContinuationOption, value);
const twice = [
  batchItem('DiscoverVersions', [], { id: Uint8Array.of(7) }),
  batchItem('DiscoverVersions', [], { id: Uint8Array.of(7) }),
];
const extension = (critical: boolean): Buffer =>
  structure(
    Tag.MessageExtension,
    text(Tag.VendorIdentification, 'acme'),
    boolean(Tag.CriticalityIndicator, critical),
    structure(Tag.VendorExtension, integer(0x540001, 1)),
  );
const password = (lengthBytes: number): Buffer =>
  structure(
    Tag.Authentication,
    structure(
      Tag.Credential,
      enumeration(Tag.CredentialType, 1),
      structure(Tag.CredentialValue, text(Tag.Username, 'fred'), text(Tag.Password, 'x'.repeat(lengthBytes))),
    ),
  );

const rows: readonly (readonly [row: string, input: string, sent: Uint8Array, kind: Kind])[] = [
  ['33', 'no header', structure(Tag.RequestMessage, discover), 'F'],
  ['33', 'the header second', structure(Tag.RequestMessage, discover, header(version(), count)), 'F'],
  [
    '33',
    'two headers',
    structure(Tag.RequestMessage, header(version(), count), header(version(), count), discover),
    'F',
  ],
  ['34', 'no Protocol Version', structure(Tag.RequestMessage, header(count), discover), 'F'],
  ...(
    [
      [0, 0],
      [9, 9],
      [1, -1],
      [2, 0],
      [2 ** 31 - 1, 0],
    ] as const
  ).map(
    ([major, minor]) =>
      ['34', `version ${major}.${minor}`, request([discover], { version: version(major, minor) }), 'F'] as const,
  ),
  ...[0, -1, 2 ** 31 - 1, 2].map(
    (wrong) => ['35', `Batch Count ${wrong} with one item`, request([discover], { count: wrong }), 'F'] as const,
  ),
  ['35', 'Batch Count 2 with three items', request(numbered(3), { count: 2 }), 'F'],
  ['36', 'a batch of 129', request(numbered(129)), 'F'],
  ['37', 'two items without Unique Batch Item IDs', request([discover, discover]), 'F'],
  ['37', 'the same Unique Batch Item ID twice', request(twice), 'F'],
  [
    '37',
    'a Unique Batch Item ID of 64 KiB',
    request([batchItem('DiscoverVersions', [], { id: new Uint8Array(65_536) })]),
    'F',
  ],
  ['38', 'Batch Error Continuation Option Undo', withHeader(undoOption(3)), ['FeatureNotSupported']],
  ['38', 'Batch Error Continuation Option Stop', withHeader(undoOption(2)), ['Success']],
  ['38', 'Batch Error Continuation Option Continue', withHeader(undoOption(1)), ['Success']],
  ['38', 'Batch Error Continuation Option 99', withHeader(undoOption(99)), ['InvalidField']],
  ...[0, 0x2a, 0x80000001, 0xffffffff].map(
    (operation) => ['39', `operation 0x${operation.toString(16)}`, ask(operation), ['OperationNotSupported']] as const,
  ),
  ['40', 'an item without payload', request([batchItem('Create', null)]), ['InvalidMessage']],
  ['40', 'the payload of another operation', ask('Create', id('a')), ['InvalidMessage']],
  ['48', 'Maximum Response Size 0', withHeader(integer(Tag.MaximumResponseSize, 0)), 'F'],
  ['48', 'Maximum Response Size -1', withHeader(integer(Tag.MaximumResponseSize, -1)), 'F'],
  ['48', 'Maximum Response Size 1', withHeader(integer(Tag.MaximumResponseSize, 1)), ['ResponseTooLarge']],
  ['48', 'Maximum Response Size 512', withHeader(integer(Tag.MaximumResponseSize, 512)), ['Success']],
  [
    '48',
    'Maximum Response Size 256 for a longer answer',
    request([batchItem('Query', [enumeration(Tag.QueryFunction, 1)])], {
      header: [integer(Tag.MaximumResponseSize, 256)],
    }),
    ['ResponseTooLarge'],
  ],
  ['49', 'a Time Stamp ten years behind', withHeader(dateTime(Tag.TimeStamp, 1_480_000_000n)), ['Success']],
  ['49', 'a Time Stamp ten years ahead', withHeader(dateTime(Tag.TimeStamp, 2_110_000_000n)), ['Success']],
  ['50', 'a password of 1 MiB', withHeader(password(1024 * 1024)), 'F'],
  [
    '51',
    'a critical Message Extension',
    request([batchItem('Create', createPayload(), { behind: [extension(true)] })]),
    ['FeatureNotSupported'],
  ],
  [
    '51',
    'another Message Extension',
    request([batchItem('Create', createPayload(), { behind: [extension(false)] })]),
    ['Success'],
  ],
  [
    '52',
    'an Asynchronous Indicator on Create',
    request([batchItem('Create', createPayload())], { header: [boolean(Tag.AsynchronousIndicator, true)] }),
    ['Success'],
  ],
  [
    '52',
    'an Asynchronous Indicator on Locate',
    request([batchItem('Locate', [])], { header: [boolean(Tag.AsynchronousIndicator, true)] }),
    ['OperationPending'],
  ],
];

describe('headers and batches', () => {
  it.each(rows)('[S14] row %s: %s', async (_row, _input, sent, kind) => {
    await withBadPeers(async (lab) => expectAnswer(lab, await BadPeer.open(lab), sent, kind));
  });

  it('[S14] rows 35 and 36: no item of such a batch is done', async () => {
    await withBadPeers(async (lab) => {
      for (const sent of [request(numbered(3), { count: 2 }), request(numbered(129))]) {
        const peer = await BadPeer.open(lab);
        await peer.ask(sent);
        await peer.end();
      }
      const peer = await BadPeer.open(lab);
      await peer.send(ask('Locate'));
      const tree = await peer.answerTree();
      expect(tree === null ? null : fieldsOf(tree, Tag.UniqueIdentifier)).toEqual([]);
      await peer.end();
    });
  });

  it('[S14] row 36: a batch of 128 is done whole', async () => {
    await withBadPeers(async (lab) => {
      const all = Array.from({ length: 128 }, () => 'Success');
      await expectAnswer(lab, await BadPeer.open(lab), request(numbered(128)), all);
    });
  });

  it('[S14] row 34: Discover Versions works under 1.0 to 1.4', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      for (const minor of [0, 1, 2, 3, 4]) {
        const answer = await peer.ask(request([discover], { version: version(1, minor) }));
        // Discover Versions came with 1.1.
        expect(answer?.items).toMatchObject([{ outcome: minor === 0 ? expect.any(String) : 'Success' }]);
        expect(answer?.version).toBe(`1.${minor}`);
      }
      await peer.end();
    });
  });

  it('[S14] row 34: the header of a refusal says 1.1 where the version is none of ours', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      expect((await peer.ask(request([discover], { version: version(9, 9) })))?.version).toBe('1.1');
    });
  });

  it('[S14] row 48: the refusal itself is short, and a Create whose answer has no room makes no key', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      const sent = request([batchItem('Create', createPayload())], { header: [integer(Tag.MaximumResponseSize, 64)] });
      expect((await peer.ask(sent))?.items).toMatchObject([{ outcome: 'ResponseTooLarge' }]);
      await peer.send(ask('Locate'));
      const tree = await peer.answerTree();
      expect(tree === null ? null : fieldsOf(tree, Tag.UniqueIdentifier)).toHaveLength(0);
      await peer.end();
    });
  });

  it('[S14] row 37: an id of 64 bytes is echoed', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      await peer.send(request([batchItem('DiscoverVersions', [], { id: new Uint8Array(64).fill(9) })]));
      const tree = await peer.answerTree();
      expect(tree === null ? null : fieldsOf(tree, Tag.UniqueBatchItemID)).toMatchObject([
        { bytes: new Uint8Array(64).fill(9) },
      ]);
      expect(bytes(Tag.UniqueBatchItemID, new Uint8Array(64))).toHaveLength(72);
      await peer.end();
    });
  });
});
