// facts/reliability.md section 3.3, rows 5 to 32 and 56: bytes that are no message.
import { Tag } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { BadPeer, expectAnswer, type Kind, withBadPeers } from './bad-peer.js';
import {
  ask,
  attribute,
  batchItem,
  boolean,
  bytes,
  createPayload,
  dateTime,
  enumeration,
  id,
  integer,
  raw,
  request,
  structure,
  text,
  version,
} from './raw-ttlv.js';

const MESSAGE_MAX_BYTES = 1024 * 1024;
const none = new Uint8Array();
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const head = (lengthBytes: number, tag: number = Tag.RequestMessage): Buffer => raw(tag, 0x01, none, { lengthBytes });
const inHeader = (...fields: Uint8Array[]): Buffer => request([batchItem('DiscoverVersions', [])], { header: fields });
const inPayload = (...fields: Uint8Array[]): Buffer => ask('GetAttributes', ...fields);
const inside = (count: number): Uint8Array => {
  let tree = structure(Tag.Attribute);
  for (let depth = 1; depth < count; depth += 1) tree = structure(Tag.Attribute, tree);
  return tree;
};
/** Message, item and payload stand around what a payload holds. */
const AROUND_PAYLOAD = 3;

const rows: readonly (readonly [row: string, input: string, sent: Uint8Array, kind: Kind])[] = [
  ['5', 'a first tag that is not Request Message', structure(0x420077), 'F'],
  ['6', 'a message that is a byte string', raw(Tag.RequestMessage, 0x08, zeros(8)), 'F'],
  ['7', 'a head cut at 1 byte', head(96).subarray(0, 1), 'C'],
  ['7', 'a head cut at 7 bytes', head(96).subarray(0, 7), 'C'],
  ['8', 'an empty message', structure(Tag.RequestMessage), 'F'],
  ['9', 'a length of 96 of which 48 bytes come', Buffer.concat([head(96), zeros(48)]), 'C'],
  ['10', 'a length one step above the limit', head(MESSAGE_MAX_BYTES), 'F'],
  ['10', 'a length of 2^31-8', head(2 ** 31 - 8), 'F'],
  ['10', 'a length of 2^31', head(2 ** 31), 'F'],
  ['10', 'a length of 2^32-8', head(2 ** 32 - 8), 'F'],
  ['10', 'a length of 2^32-1', head(2 ** 32 - 1), 'F'],
  ['11', 'a length that is no multiple of 8', head(12), 'F'],
  [
    '13',
    'a child that is longer than its parent',
    inHeader(raw(Tag.TimeStamp, 0x09, zeros(8), { lengthBytes: 4096 })),
    'F',
  ],
  [
    '14',
    'a parent with bytes left over',
    inPayload(raw(Tag.Attribute, 0x01, zeros(4), { padding: none }), zeros(4)),
    'F',
  ],
  [
    '15',
    'a length that overflows when it is padded',
    inPayload(raw(Tag.UniqueIdentifier, 0x07, none, { lengthBytes: 2 ** 32 - 1 })),
    'F',
  ],
  ['16', 'structures nested 33 deep', inPayload(inside(33 - AROUND_PAYLOAD)), 'F'],
  ['16', 'structures nested 1,000 deep', inPayload(inside(1_000)), 'F'],
  [
    '17',
    '1 MiB of empty structures',
    structure(Tag.RequestMessage, Buffer.alloc(MESSAGE_MAX_BYTES - 16, structure(Tag.Attribute))),
    'F',
  ],
  ['19', 'item type 0x00', inPayload(raw(Tag.UniqueIdentifier, 0x00, zeros(8))), 'F'],
  ['19', 'item type 0x0B, of KMIP 2.0', inPayload(raw(Tag.UniqueIdentifier, 0x0b, zeros(8))), 'F'],
  ['19', 'item type 0xFF', inPayload(raw(Tag.UniqueIdentifier, 0xff, zeros(8))), 'F'],
  ...[0, 3, 5, 8].map(
    (size) =>
      ['20', `an Integer of ${size} bytes`, inHeader(raw(Tag.MaximumResponseSize, 0x02, zeros(size))), 'F'] as const,
  ),
  ...[4, 16].map(
    (size) => ['21', `a Date-Time of ${size} bytes`, inHeader(raw(Tag.TimeStamp, 0x09, zeros(size))), 'F'] as const,
  ),
  ['21', 'a Long Integer of 4 bytes', inPayload(raw(Tag.UsageLimitsCount, 0x03, zeros(4))), 'F'],
  ['22', 'an Enumeration of 8 bytes', inHeader(raw(Tag.BatchErrorContinuationOption, 0x05, zeros(8))), 'F'],
  ['22', 'an Interval of 8 bytes', inPayload(raw(Tag.LeaseTime, 0x0a, zeros(8))), 'F'],
  ['23', 'a Boolean of 1 byte', inHeader(raw(Tag.AsynchronousIndicator, 0x06, zeros(1))), 'F'],
  ['23', 'a Boolean of 2', inHeader(raw(Tag.AsynchronousIndicator, 0x06, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2))), 'F'],
  [
    '23',
    'a Boolean of 2^56',
    inHeader(raw(Tag.AsynchronousIndicator, 0x06, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))),
    'F',
  ],
  ['23', 'a Boolean of all ones', inHeader(raw(Tag.AsynchronousIndicator, 0x06, zeros(8).fill(0xff))), 'F'],
  ...[0, 4, 12, 4104].map(
    (size) => ['24', `a Big Integer of ${size} bytes`, inPayload(raw(Tag.Modulus, 0x04, zeros(size))), 'F'] as const,
  ),
  [
    '25',
    'padding behind an Integer that is not zero',
    inHeader(raw(Tag.MaximumResponseSize, 0x02, zeros(4).fill(1), { padding: zeros(4).fill(1) })),
    'F',
  ],
  [
    '25',
    'padding behind an Enumeration that is not zero',
    inHeader(raw(Tag.BatchErrorContinuationOption, 0x05, Uint8Array.of(0, 0, 0, 2), { padding: zeros(4).fill(1) })),
    'F',
  ],
  [
    '25',
    'padding behind a Text String that is not zero',
    inPayload(raw(Tag.UniqueIdentifier, 0x07, Buffer.from('abcde'), { padding: zeros(3).fill(1) })),
    'F',
  ],
  [
    '26',
    'no padding behind a text of 5 bytes',
    inPayload(raw(Tag.UniqueIdentifier, 0x07, Buffer.from('abcde'), { padding: none })),
    'F',
  ],
  ['27', 'a text that is no UTF-8', inPayload(raw(Tag.UniqueIdentifier, 0x07, Uint8Array.of(0xff))), 'F'],
  ['27', 'an overlong UTF-8', inPayload(raw(Tag.UniqueIdentifier, 0x07, Uint8Array.of(0xc0, 0xaf))), 'F'],
  ['27', 'a lone surrogate', inPayload(raw(Tag.UniqueIdentifier, 0x07, Uint8Array.of(0xed, 0xa0, 0x80))), 'F'],
  ['27', 'a NUL in an attribute name', inPayload(text(Tag.AttributeName, 'x-\u0000')), ['InvalidField']],
  ['28', 'an empty attribute name', inPayload(text(Tag.AttributeName, '')), ['InvalidField']],
  ['28', 'an attribute name of 1,025 bytes', inPayload(text(Tag.AttributeName, 'x'.repeat(1025))), ['InvalidField']],
  ['28', 'an attribute name of 64 KiB', inPayload(text(Tag.AttributeName, 'x'.repeat(65_536))), ['InvalidField']],
  ['29', 'a Unique Identifier that is an Integer', inPayload(integer(Tag.UniqueIdentifier, 1)), ['InvalidMessage']],
  [
    '29',
    'a Batch Count that is an Enumeration',
    structure(
      Tag.RequestMessage,
      structure(Tag.RequestHeader, version(), enumeration(Tag.BatchCount, 1)),
      batchItem('DiscoverVersions', []),
    ),
    'F',
  ],
  ['30', 'tag 000000', inPayload(text(0x000000, 'a')), 'F'],
  ['30', 'tag FFFFFF', inPayload(text(0xffffff, 'a')), 'F'],
  ['30', 'tag 41xxxx', inPayload(text(0x410020, 'a')), 'F'],
  ['30', 'a vendor’s tag, which is passed over', inPayload(text(0x540001, 'a')), ['ItemNotFound']],
  ['31', 'a field of another place', inPayload(bytes(Tag.KeyMaterial, zeros(32))), ['InvalidMessage']],
  ['31', 'a field twice', inPayload(id('a'), id('a')), ['InvalidMessage']],
  ['32', 'payload fields out of order', inPayload(text(Tag.AttributeName, 'State'), id('a')), ['InvalidMessage']],
  [
    '32',
    'header fields out of order',
    inHeader(dateTime(Tag.TimeStamp, 0n), boolean(Tag.AsynchronousIndicator, false)),
    'F',
  ],
  ['56', 'a response', structure(Tag.ResponseMessage, structure(Tag.ResponseHeader, version())), 'F'],
];

describe('bytes that are no message', () => {
  it.each(rows)('[S14] row %s: %s', async (_row, _input, sent, kind) => {
    await withBadPeers(async (lab) => expectAnswer(lab, await BadPeer.open(lab), sent, kind));
  });

  it('[S14] row 9: silence inside a message ends it at 10 s', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      await peer.send(Buffer.concat([head(96), zeros(48)]));
      const fromMs = lab.clock.nowMs;
      expect(await peer.answer()).toBeNull();
      expect(lab.clock.nowMs - fromMs).toBe(10_000);
    });
  });

  it('[S14] row 12: what stands behind a message is the next one, junk too', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      await peer.send(Buffer.concat([ask('DiscoverVersions'), ask('DiscoverVersions'), Buffer.from('junk, junk')]));
      for (const outcome of ['Success', 'Success', 'InvalidMessage']) {
        expect((await peer.answer())?.items).toMatchObject([{ outcome }]);
      }
      expect(await peer.answer()).toBeNull();
    });
  });

  it('[S14] row 16: 32 deep is read', async () => {
    await withBadPeers(async (lab) => {
      const deep = inPayload(inside(32 - AROUND_PAYLOAD));
      await expectAnswer(lab, await BadPeer.open(lab), deep, ['InvalidMessage']);
    });
  });

  it('[S14] row 18: a template of 60,000 attributes', async () => {
    const one = attribute('x-A', text(Tag.AttributeValue, 'b'));
    const wide = ask('Create', ...createPayload({ more: [Buffer.alloc(one.length * 14_000, one)] }));
    await withBadPeers(async (lab) => expectAnswer(lab, await BadPeer.open(lab), wide, 'F'));
  });
});
