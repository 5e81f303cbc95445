import {
  decodeTtlv,
  defaultLimits,
  encodeTtlv,
  type Item,
  item,
  structure,
  TtlvError,
  type Value,
} from '@vcryptsim/kmip-lite';
import { AssertionError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './support/hex.js';

// KMIP 1.1 section 9.1.2: the examples of the specification itself.
const examples: [string, string, Value][] = [
  ['Integer', '42002002 00000004 00000008 00000000', { type: 'Integer', value: 8 }],
  ['Long Integer', '42002003 00000008 01B69B4BA5749200', { type: 'LongInteger', value: 123456789000000000n }],
  [
    'Big Integer',
    '42002004 00000010 0000000003FD35EB 6BC2DF4618080000',
    { type: 'BigInteger', bytes: fromHex('0000000003FD35EB6BC2DF4618080000') },
  ],
  ['Enumeration', '42002005 00000004 000000FF 00000000', { type: 'Enumeration', value: 255 }],
  ['Boolean', '42002006 00000008 0000000000000001', { type: 'Boolean', value: true }],
  [
    'Text String',
    '42002007 0000000B 48656C6C6F20576F 726C640000000000',
    { type: 'TextString', utf8: new TextEncoder().encode('Hello World') },
  ],
  ['Byte String', '42002008 00000003 0102030000000000', { type: 'ByteString', bytes: Uint8Array.of(1, 2, 3) }],
  ['Date-Time', '42002009 00000008 0000000047DA67F8', { type: 'DateTime', value: 1205495800n }],
  ['Interval', '4200200A 00000004 000D2F00 00000000', { type: 'Interval', value: 864000 }],
  [
    'Structure',
    `42002001 00000020 42000405 00000004 000000FE 00000000 42000502 00000004 000000FF 00000000`,
    {
      type: 'Structure',
      items: [
        { tag: 0x420004, type: 'Enumeration', value: 254 },
        { tag: 0x420005, type: 'Integer', value: 255 },
      ],
    },
  ],
];

function codeOf(hex: string): string {
  try {
    decodeTtlv(fromHex(hex));
    return 'accepted';
  } catch (error) {
    return error instanceof TtlvError ? error.code : String(error);
  }
}

describe('TTLV', () => {
  it.each(examples)('reads and writes the specification’s example of %s', (_, hex, value) => {
    const bytes = fromHex(hex);
    expect(decodeTtlv(bytes)).toEqual({ tag: 0x420020, ...value });
    expect(toHex(encodeTtlv({ tag: 0x420020, ...value }))).toBe(toHex(bytes));
  });

  // facts/reliability.md section 3.3: number of the row, input, code.
  it.each([
    ['7', '42002002000000', 'TRUNCATED'],
    ['9', '42002002 00000004 00000008', 'TRUNCATED'],
    ['11', '42002001 00000004 00000000', 'TRUNCATED'],
    ['11', '42007801 00000014 42000405 00000004 000000FE 00000000 00000000 00000000', 'BAD_LENGTH'],
    ['12', '42002002 00000004 00000008 00000000 00', 'TRAILING_BYTES'],
    ['13', '42002001 00000010 42000407 00000010 000000FE 00000000 00000000 00000000', 'BAD_LENGTH'],
    ['13', '42002001 00000010 42000407 00000009 000000FE 00000000', 'BAD_LENGTH'],
    ['14', '42002001 00000018 42000405 00000004 000000FE 00000000 00000000 00000000', 'BAD_TAG'],
    ['15', '42002001 00000010 42000407 FFFFFFFF 000000FE 00000000', 'BAD_LENGTH'],
    ['15', '42002007 FFFFFFFF 00000000 00000000', 'TRUNCATED'],
    ['19', '42002000 00000004 00000008 00000000', 'BAD_TYPE'],
    ['19', '4200200B 00000008 00000008 00000000', 'BAD_TYPE'],
    ['19', '420020FF 00000004 00000008 00000000', 'BAD_TYPE'],
    ['20', '42002002 00000000', 'BAD_LENGTH'],
    ['20', '42002002 00000003 00000008 00000000', 'BAD_LENGTH'],
    ['20', '42002002 00000005 00000008 00000000', 'BAD_LENGTH'],
    ['20', '42002002 00000008 00000008 00000000', 'BAD_LENGTH'],
    ['21', '42002003 00000004 00000008 00000000', 'BAD_LENGTH'],
    ['21', '42002009 00000010 00000008 00000000 00000008 00000000', 'BAD_LENGTH'],
    ['22', '42002005 00000008 00000008 00000000', 'BAD_LENGTH'],
    ['22', '4200200A 00000008 00000008 00000000', 'BAD_LENGTH'],
    ['23', '42002006 00000001 01000000 00000000', 'BAD_LENGTH'],
    ['23', '42002006 00000008 00000000 00000002', 'BAD_VALUE'],
    ['23', '42002006 00000008 01000000 00000000', 'BAD_VALUE'],
    ['23', '42002006 00000008 FFFFFFFF FFFFFFFF', 'BAD_VALUE'],
    ['24', '42002004 00000000', 'BAD_LENGTH'],
    ['24', '42002004 00000004 00000008 00000000', 'BAD_LENGTH'],
    ['24', '42002004 0000000C 00000008 00000000 00000000 00000000', 'BAD_LENGTH'],
    ['25', '42002002 00000004 00000008 00000001', 'BAD_PADDING'],
    ['25', '42002007 00000001 61000000 00000100', 'BAD_PADDING'],
    ['26', '42002007 00000005 61616161 61', 'TRUNCATED'],
    ['27', '42002007 00000002 C0AF0000 00000000', 'BAD_VALUE'],
    ['27', '42002007 00000003 EDA08000 00000000', 'BAD_VALUE'],
    ['27', '42002007 00000001 FF000000 00000000', 'BAD_VALUE'],
    ['27', '42002007 00000003 EFBBBF00 00000000', 'accepted'],
    ['30', '00000002 00000004 00000008 00000000', 'BAD_TAG'],
    ['30', 'FFFFFF02 00000004 00000008 00000000', 'BAD_TAG'],
    ['30', '41000002 00000004 00000008 00000000', 'BAD_TAG'],
    ['30', '54000102 00000004 00000008 00000000', 'accepted'],
  ])('row %s: %s is %s', (_, hex, code) => {
    expect(codeOf(hex)).toBe(code);
  });

  it('holds the limits on depth, items and size (rows 10, 16, 17)', () => {
    const nested = (depth: number): Uint8Array => {
      const bytes = new Uint8Array(depth * 8);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < depth; at += 1) {
        view.setUint32(at * 8, 0x42007801);
        view.setUint32(at * 8 + 4, (depth - at - 1) * 8);
      }
      return bytes;
    };
    expect(codeOf(toHex(nested(defaultLimits.depth)))).toBe('accepted');
    expect(codeOf(toHex(nested(defaultLimits.depth + 1)))).toBe('TOO_DEEP');
    expect(codeOf(toHex(nested(100_000)))).toBe('TOO_DEEP');
    const wide = (count: number) => {
      const empty: Item = { tag: 0x420008, type: 'Structure', items: [] };
      return encodeTtlv(item(0x420078, structure(Array.from({ length: count }, () => empty))));
    };
    expect(codeOf(toHex(wide(defaultLimits.items - 1)))).toBe('accepted');
    expect(codeOf(toHex(wide(defaultLimits.items)))).toBe('TOO_MANY_ITEMS');
    const longest = {
      tag: 0x420043,
      type: 'ByteString',
      bytes: new Uint8Array(defaultLimits.messageBytes - 8),
    } as const;
    expect(decodeTtlv(encodeTtlv(longest))).toMatchObject({ bytes: { length: longest.bytes.length } });
    const longer = { ...longest, bytes: new Uint8Array(defaultLimits.messageBytes) };
    expect(() => decodeTtlv(encodeTtlv(longer))).toThrow('larger than the limit');
  });

  it('says where it stopped and never what stood there', () => {
    const secret = fromHex('4200450800000020'.padEnd(80, '5ec2e7'));
    secret[7] = 0x1f;
    const error = (() => {
      try {
        return decodeTtlv(secret);
      } catch (thrown) {
        return thrown as TtlvError;
      }
    })();
    expect(error).toMatchObject({ code: 'BAD_PADDING', offsetBytes: 39 });
    expect(JSON.stringify([error, String(error)])).not.toMatch(/5ec2e7|94,194/i);
  });

  it('reads byte strings as views, so that zeroing the frame zeroes them', () => {
    const frame = fromHex('42004308 00000003 0102030000000000');
    const key = decodeTtlv(frame);
    frame.fill(0);
    expect(key).toEqual({ tag: 0x420043, type: 'ByteString', bytes: new Uint8Array(3) });
  });

  it('reads views whose copies are copies, of a Buffer too', () => {
    const frame = Buffer.from('4200430800000003 0102030000000000'.replace(' ', ''), 'hex');
    const key = decodeTtlv(frame);
    const copy = key.type === 'ByteString' ? key.bytes.slice() : null;
    frame.fill(0);
    expect(copy).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each<Item>([
    { tag: 0x420020, type: 'Integer', value: 2 ** 31 },
    { tag: 0x420020, type: 'Integer', value: 1.5 },
    { tag: 0x420020, type: 'Enumeration', value: -1 },
    { tag: 0x420020, type: 'LongInteger', value: 2n ** 63n },
    { tag: 0x420020, type: 'BigInteger', bytes: new Uint8Array(7) },
    { tag: 0x410020, type: 'Boolean', value: true },
  ])('will not write %o', (value) => {
    expect(() => encodeTtlv(value)).toThrow(AssertionError);
  });
});
