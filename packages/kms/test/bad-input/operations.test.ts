// facts/reliability.md section 3.3, rows 41 to 47 and 53 to 55: operations on what is not there, not so, or not yours.
import { Tag } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { BadPeer, expectAnswer, type Kind, withBadPeers } from './bad-peer.js';
import {
  ask,
  attribute,
  batchItem,
  bytes,
  createPayload,
  dateTime,
  enumeration,
  id,
  integer,
  request,
  structure,
  text,
} from './raw-ttlv.js';

const create = (o: Parameters<typeof createPayload>[0]): Buffer => ask('Create', ...createPayload(o));
const texts = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => attribute(`x-${at}`, text(Tag.AttributeValue, 'a'))));
const textValue = (value: string): Buffer => text(Tag.AttributeValue, value);
const register = (material: Uint8Array, lengthBits: number, algorithm = 3): Buffer =>
  ask(
    'Register',
    enumeration(Tag.ObjectType, 2),
    structure(Tag.TemplateAttribute, attribute('Cryptographic Usage Mask', integer(Tag.AttributeValue, 12))),
    structure(
      Tag.SymmetricKey,
      structure(
        Tag.KeyBlock,
        enumeration(Tag.KeyFormatType, 1),
        structure(Tag.KeyValue, bytes(Tag.KeyMaterial, material)),
        enumeration(Tag.CryptographicAlgorithm, algorithm),
        integer(Tag.CryptographicLength, lengthBits),
      ),
    ),
  );
/** Get under NIST key wrap, without TTLV around the material. */
const wrappedGet = (uniqueIdentifier: string, wrappingKey: string): Buffer =>
  ask(
    'Get',
    id(uniqueIdentifier),
    structure(
      Tag.KeyWrappingSpecification,
      enumeration(Tag.WrappingMethod, 1),
      structure(
        Tag.EncryptionKeyInformation,
        id(wrappingKey),
        structure(Tag.CryptographicParameters, enumeration(Tag.BlockCipherMode, 0x0d)),
      ),
      enumeration(Tag.EncodingOption, 1),
    ),
  );
const numbered = (...items: readonly [Parameters<typeof batchItem>[0], Uint8Array[]][]): Buffer =>
  request(items.map(([operation, payload], at) => batchItem(operation, payload, { id: Uint8Array.of(at) })));

describe('operations on what cannot be', () => {
  it.each<readonly [row: string, input: string, sent: Uint8Array, kind: Kind]>([
    ['41', 'algorithm 0', create({ algorithm: 0 }), ['InvalidField']],
    ...[-256, 0, 255, 2 ** 31 - 1].map(
      (bits) => ['41', `a length of ${bits}`, create({ lengthBits: bits }), ['InvalidField']] as const,
    ),
    ['41', 'no algorithm', create({ algorithm: null }), ['MissingData']],
    ['41', 'no length', create({ lengthBits: null }), ['MissingData']],
    ['42', 'no usage mask', create({ mask: null }), ['MissingData']],
    ['42', 'usage mask 0', create({ mask: 0 }), ['Success']],
    ['42', 'a usage mask of all bits', create({ mask: 0x7fffffff }), ['InvalidField']],
    ['42', 'a negative usage mask', create({ mask: -1 }), ['InvalidField']],
    ['46', 'a key of 31 bytes that says 256 bits', register(new Uint8Array(31).fill(1), 256), ['InvalidField']],
    ['46', 'a key of 32 bytes that says 128 bits', register(new Uint8Array(32).fill(1), 128), ['InvalidField']],
    ['46', 'a key of zeros', register(new Uint8Array(32), 256), ['InvalidField']],
    ['46', 'an empty key', register(new Uint8Array(), 0), ['InvalidField']],
    [
      '47',
      'an Activation Date before 1970',
      create({ more: [attribute('Activation Date', dateTime(Tag.AttributeValue, -1n))] }),
      ['Success'],
    ],
    [
      '47',
      'an Activation Date in the year 9999',
      create({ more: [attribute('Activation Date', dateTime(Tag.AttributeValue, 253_402_300_799n))] }),
      ['Success'],
    ],
    [
      '47',
      'an Activation Date at 2^63-1',
      create({ more: [attribute('Activation Date', dateTime(Tag.AttributeValue, 2n ** 63n - 1n))] }),
      ['InvalidField'],
    ],
    ['53', 'Locate by 1,000 attributes', ask('Locate', texts(1_000)), ['InvalidField']],
    ['53', 'Locate with Maximum Items 2^31-1', ask('Locate', integer(Tag.MaximumItems, 2 ** 31 - 1)), ['Success']],
    ['53', 'Locate with Maximum Items -1', ask('Locate', integer(Tag.MaximumItems, -1)), ['InvalidField']],
    ['53', 'Locate with Offset Items -1', ask('Locate', integer(Tag.OffsetItems, -1)), ['InvalidField']],
    ['53', 'Locate with Offset Items 2^31-1', ask('Locate', integer(Tag.OffsetItems, 2 ** 31 - 1)), ['Success']],
    ['54', '2,000 attributes on a new key', create({ more: [texts(2_000)] }), ['IndexOutOfBounds']],
    [
      '54',
      'a custom attribute of 64 KiB',
      create({ more: [attribute('x-A', textValue('a'.repeat(65_536)))] }),
      ['InvalidField'],
    ],
    [
      '55',
      'an application namespace without data',
      create({
        more: [
          attribute(
            'Application Specific Information',
            structure(Tag.AttributeValue, text(Tag.ApplicationNamespace, 'LIBRARY-LTO')),
          ),
        ],
      }),
      ['ApplicationNamespaceNotSupported'],
    ],
    ['55', 'an attribute name in lower case', create({ more: [attribute('name', textValue('a'))] }), ['InvalidField']],
    [
      '55',
      'a NUL behind an attribute name',
      create({ more: [attribute('x-Product\u0000', textValue('a'))] }),
      ['InvalidField'],
    ],
  ])('[S14] row %s: %s', async (_row, _input, sent, kind) => {
    await withBadPeers(async (lab) => expectAnswer(lab, await BadPeer.open(lab), sent, kind));
  });

  it.each([
    ['unknown', 'no-such-key'],
    ['empty', ''],
    ['1 MiB long but one message', 'a'.repeat(1_000_000)],
    ['a path', '../../root.key'],
    ['SQL', "1' OR '1'='1"],
  ])('[S14] row 43: an identifier that is %s is not found', async (_, uniqueIdentifier) => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      await peer.create();
      for (const operation of ['Get', 'Destroy', 'Activate', 'GetAttributes'] as const) {
        expect((await peer.ask(ask(operation, id(uniqueIdentifier))))?.items, operation).toEqual([
          { operation, outcome: 'ItemNotFound' },
        ]);
      }
      await peer.end();
    });
  });

  it('[S14] row 43: another owner’s key, one with a look-alike identifier and a destroyed one give the same answer', async () => {
    await withBadPeers(async (lab) => {
      const [owner, other] = [await BadPeer.open(lab, 0), await BadPeer.open(lab, 1)];
      const key = await owner.create();
      const gone = await owner.create();
      await owner.ask(ask('Destroy', id(gone)));
      const lookAlike = key.replace('-', '\u2010');
      const answers: unknown[] = [];
      for (const [peer, uniqueIdentifier] of [
        [other, key],
        [other, 'no-such-key'],
        [owner, lookAlike],
      ] as const) {
        await peer.send(ask('Get', id(uniqueIdentifier)));
        answers.push(await peer.answerTree());
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
      expect((await owner.ask(ask('Get', id(gone))))?.items).toMatchObject([{ outcome: 'ItemNotFound' }]);
      expect((await owner.ask(ask('Get', id(key))))?.items).toMatchObject([{ outcome: 'Success' }]);
      for (const operation of ['Activate', 'Destroy', 'GetAttributes', 'GetAttributeList'] as const) {
        expect((await other.ask(ask(operation, id(key))))?.items).toMatchObject([{ outcome: 'ItemNotFound' }]);
      }
      await owner.end();
      await other.end();
    });
  });

  it('[S14] row 44: a wrapping key of another owner is not found', async () => {
    await withBadPeers(async (lab) => {
      const [owner, other] = [await BadPeer.open(lab, 0), await BadPeer.open(lab, 1)];
      const [own, foreign] = [await owner.create(), await other.create()];
      expect((await owner.ask(wrappedGet(own, foreign)))?.items).toMatchObject([{ outcome: 'ItemNotFound' }]);
      expect((await owner.ask(wrappedGet(foreign, own)))?.items).toMatchObject([{ outcome: 'ItemNotFound' }]);
      await owner.end();
      await other.end();
    });
  });

  it('[S14] material that the cipher does not take is a Cryptographic Failure', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      const wrapping = await peer.create();
      const secret = await peer.create([], register(new Uint8Array(7).fill(1), 56, 0x16));
      expect((await peer.ask(wrappedGet(secret, wrapping)))?.items).toMatchObject([
        { outcome: 'CryptographicFailure' },
      ]);
      await peer.end();
    });
  });

  it('[S14] row 45: items of a batch are done in order, and an Active key is not destroyed', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      const key = await peer.create();
      const answer = await peer.ask(numbered(['Get', [id(key)]], ['Destroy', [id(key)]], ['Get', [id(key)]]));
      expect(answer?.items.map(({ outcome }) => outcome)).toEqual(['Success', 'Success', 'ItemNotFound']);
      const active = await peer.create();
      const refused = await peer.ask(numbered(['Activate', [id(active)]], ['Destroy', [id(active)]]));
      expect(refused?.items.map(({ outcome }) => outcome)).toEqual(['Success', 'PermissionDenied']);
      await peer.end();
    });
  });

  it('[S14] row 54: attribute indexes that cannot be', async () => {
    await withBadPeers(async (lab) => {
      const peer = await BadPeer.open(lab);
      const key = await peer.create([attribute('x-A', textValue('a'))]);
      const outcomes: unknown[] = [];
      for (const index of [-1, 2 ** 31 - 1]) {
        const change = attribute('x-A', textValue('b'), index);
        const dropped = [text(Tag.AttributeName, 'x-A'), integer(Tag.AttributeIndex, index)];
        outcomes.push((await peer.ask(ask('ModifyAttribute', id(key), change)))?.items[0]?.outcome);
        outcomes.push((await peer.ask(ask('DeleteAttribute', id(key), ...dropped)))?.items[0]?.outcome);
      }
      const added = attribute('x-A', textValue('b'), 1);
      outcomes.push((await peer.ask(ask('AddAttribute', id(key), added)))?.items[0]?.outcome);
      expect(outcomes).toEqual([
        'IndexOutOfBounds',
        'IndexOutOfBounds',
        'ItemNotFound',
        'ItemNotFound',
        'InvalidField',
      ]);
      await peer.end();
    });
  });
});
