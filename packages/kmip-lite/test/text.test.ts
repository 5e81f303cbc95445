import { encodeTtlv, enumeration, integer, item, structure, Tag, text } from '@vcryptsim/kmip-lite';
import { findTrouble, renderHex, renderMessage, summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { describe, expect, it } from 'vitest';
import { attribute } from '../src/attributes/standard-values.js';
import { requestTree } from '../src/message/request-message.js';
import { responseTree } from '../src/message/response-message.js';
import { operationCodec } from '../src/operations/operation-codecs.js';
import { Operation } from '../src/spec/enumerations.generated.js';
import { toHex } from './support/hex.js';

const secret = Uint8Array.from({ length: 32 }, (_, at) => 0xa0 ^ (at * 5));
const secretText = 'correct horse battery';

const getAnswer = encodeTtlv(
  responseTree({
    version: { major: 1, minor: 1 },
    timeStamp: 1_335_514_341,
    items: [
      {
        operation: Operation.Get,
        uniqueBatchItemId: Uint8Array.of(0x51, 0x4c, 0x4b, 0x43, 1, 0, 0, 0),
        status: 0,
        payload: operationCodec('Get').response.encode({
          uniqueIdentifier: 'key-1',
          object: {
            objectType: 'SymmetricKey',
            keyBlock: {
              keyFormatType: 'Raw',
              keyValue: { keyMaterial: secret },
              cryptographicAlgorithm: 'AES',
              cryptographicLength: 256,
            },
          },
        }),
      },
    ],
  }),
);

const registerRequest = encodeTtlv(
  requestTree({
    header: {
      version: { major: 1, minor: 0 },
      credential: {
        type: 'UsernameAndPassword',
        username: 'fred',
        password: new TextEncoder().encode(secretText),
      },
    },
    items: [
      {
        operation: Operation.Register,
        payload: operationCodec('Register').request.encode({
          templateAttribute: {
            attributes: [
              attribute('Cryptographic Usage Mask', 0x0c),
              attribute('Object Group', 'tapes'),
              attribute('State', 'Active'),
              { name: 'x-Secret', value: { type: 'ByteString', bytes: secret } },
            ],
          },
          object: { objectType: 'OpaqueObject', opaqueDataType: 0x80000001, opaqueDataValue: secret },
        }),
      },
    ],
  }),
);

/** Every text that the renderings make of a message. */
function shown(bytes: Uint8Array): string {
  return JSON.stringify([renderMessage(bytes), renderHex(bytes), summarizeMessage(bytes)]);
}

describe('readable rendering', () => {
  it('shows a message as a tree, with names instead of numbers', () => {
    expect(renderMessage(getAnswer)).toEqual([
      'ResponseMessage',
      '  ResponseHeader',
      '    ProtocolVersion',
      '      ProtocolVersionMajor Integer 1',
      '      ProtocolVersionMinor Integer 1',
      '    TimeStamp DateTime 2012-04-27T08:12:21.000Z',
      '    BatchCount Integer 1',
      '  BatchItem',
      '    Operation Enumeration Get (0x0000000a)',
      '    UniqueBatchItemID ByteString 514c4b4301000000',
      '    ResultStatus Enumeration Success (0x00000000)',
      '    ResponsePayload',
      '      ObjectType Enumeration SymmetricKey (0x00000002)',
      '      UniqueIdentifier TextString "key-1"',
      '      SymmetricKey',
      '        KeyBlock',
      '          KeyFormatType Enumeration Raw (0x00000001)',
      '          KeyValue',
      '            KeyMaterial ByteString <redacted, 32 bytes>',
      '          CryptographicAlgorithm Enumeration AES (0x00000003)',
      '          CryptographicLength Integer 256',
    ]);
  });

  it('reads an attribute’s value by the attribute’s name', () => {
    const lines = renderMessage(registerRequest).map((line) => line.trim());
    expect(lines).toContain('AttributeValue Integer Encrypt | Decrypt (0xc)');
    expect(lines).toContain('AttributeValue TextString "tapes"');
    expect(lines).toContain('AttributeValue Enumeration Active (0x00000002)');
  });

  it.each([
    ['a key', getAnswer],
    ['a password, opaque data and bytes of a custom attribute', registerRequest],
  ])('never shows %s', (_, bytes) => {
    const everything = shown(bytes);
    expect(everything).not.toContain(toHex(secret).slice(0, 8));
    expect(everything).not.toContain(toHex(new TextEncoder().encode(secretText)).slice(0, 8));
    expect(everything).not.toContain('correct');
    expect(everything).toContain('redacted');
  });

  it('never shows a key of a message that is cut or has a wrong length anywhere', () => {
    const needle = toHex(secret.subarray(8, 14));
    for (let cut = 0; cut < getAnswer.length; cut += 1) {
      expect(shown(getAnswer.subarray(0, cut))).not.toContain(needle);
    }
    for (const { part, offsetBytes } of renderHex(getAnswer).filter((span) => span.part === 'head')) {
      for (const delta of [1, 7, 8, 16]) {
        const changed = getAnswer.slice();
        changed[offsetBytes + 7] = ((changed[offsetBytes + 7] ?? 0) + delta) & 0xff;
        expect(shown(changed), `${part} ${offsetBytes} + ${delta}`).not.toContain(needle);
      }
    }
  });

  it('shows nothing inside key material that is told field by field', () => {
    const key = item(
      Tag.KeyMaterial,
      structure([
        item(Tag.RecommendedCurve, enumeration(7)),
        item(Tag.Username, text('a secret')),
        item(Tag.D, integer(77)),
      ]),
    );
    const bytes = encodeTtlv(item(Tag.KeyValue, structure([key])));
    expect(renderMessage(bytes)).toEqual([
      'KeyValue',
      '  KeyMaterial',
      '    RecommendedCurve Enumeration <redacted, 4 bytes>',
      '    Username TextString <redacted, 8 bytes>',
      '    D Integer <redacted, 4 bytes>',
    ]);
    expect(shown(bytes)).not.toMatch(/0000004d|61207365/);
  });

  it('gives hex in spans that cover the message, with the secret ones blotted out', () => {
    const spans = renderHex(getAnswer);
    expect(spans.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(getAnswer.length);
    expect(spans.find(({ part, label }) => part === 'value' && label.startsWith('KeyMaterial'))?.hex).toBe(
      '··'.repeat(32),
    );
    const visible = spans.filter(({ hex }) => !hex.includes('·'));
    for (const { offsetBytes, lengthBytes, hex } of visible) {
      expect(hex).toBe(toHex(getAnswer.subarray(offsetBytes, offsetBytes + lengthBytes)));
    }
  });

  it('sums a message up', () => {
    expect(summarizeMessage(getAnswer)).toEqual({
      direction: 'response',
      version: '1.1',
      items: [{ operation: 'Get', status: 'Success', uniqueIdentifier: 'key-1' }],
    });
    expect(summarizeMessage(registerRequest)).toMatchObject({
      direction: 'request',
      items: [{ operation: 'Register' }],
    });
    expect(summarizeMessage(getAnswer.subarray(0, 40))).toBeNull();
    expect(summarizeMessage(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'))).toBeNull();
  });
});

describe('trouble', () => {
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = registerRequest.slice();
    bytes[at] = value;
    return bytes;
  };

  it('is none in sound messages and in parts of them', () => {
    expect(findTrouble(registerRequest)).toBeNull();
    expect(findTrouble(getAnswer)).toBeNull();
    expect(findTrouble(encodeTtlv(item(Tag.UniqueIdentifier, text('a'))))).toBeNull();
  });

  it('names the byte where TTLV ends', () => {
    expect(findTrouble(changed(0x1b, 0x0f))).toMatchObject({ kind: 'malformed', code: 'BAD_TYPE', offsetBytes: 0x1b });
    expect(findTrouble(registerRequest.subarray(0, -8))).toMatchObject({ kind: 'malformed', code: 'TRUNCATED' });
  });

  it('names what a request lacks, in its header and in its payload', () => {
    expect(findTrouble(encodeTtlv(item(Tag.RequestMessage, structure([]))))).toEqual({
      kind: 'unsound',
      message: 'the request has no readable header',
    });
    const items = [{ operation: Operation.Activate, payload: [item(Tag.Username, text('x'))] }];
    expect(findTrouble(encodeTtlv(requestTree({ header: { version: { major: 1, minor: 1 } }, items })))).toEqual({
      kind: 'unsound',
      message: 'Username is repeated or out of place in the Activate request',
    });
  });
});
