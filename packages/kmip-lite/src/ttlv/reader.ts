import { isUtf8 } from 'node:buffer';
import { TtlvError } from '../errors.js';
import { defaultLimits, type Limits } from '../limits.js';
import { type Item, itemTypeOf, type Value } from './item.js';

/** Bytes in front of every value: tag (3), type (1), length (4). */
export const HEAD_BYTES = 8;

/** Length of a value on the wire: up to the next multiple of 8. */
export function paddedBytes(lengthBytes: number): number {
  return Math.ceil(lengthBytes / 8) * 8;
}

interface OpenStructure {
  readonly tag: number;
  readonly items: Item[];
  readonly endBytes: number;
}

/**
 * Reads one item with everything in it (KMIP 1.1 section 9.1). Strict, so that `encode(decode(x))` is x for every x that
 * it accepts; iterative, so that nesting costs no stack.
 *
 * ```
 * tag 3 | type 1 | length 4, of the value without padding | value | zeros up to a multiple of 8
 * 42xxxx   01 Structure: items        02 Integer: 4, signed       03 Long Integer: 8, signed   04 Big Integer: 8n, signed
 * 54xxxx   05 Enumeration: 4          06 Boolean: 8, 0 or 1       07 Text String: UTF-8        08 Byte String
 *          09 Date-Time: 8, signed, seconds since 1970            0A Interval: 4, seconds      (all big-endian)
 * ```
 *
 * @param bytes exactly one item; the byte arrays of the result are views of it
 * @throws TtlvError with the code and offset of the first thing that is wrong
 */
export function decodeTtlv(bytes: Uint8Array, limits: Limits = defaultLimits): Item {
  // A Buffer's views are Buffers, whose slice() does not copy; views of a plain array are plain.
  const frame = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length > limits.messageBytes) throw new TtlvError('TOO_LARGE', 0, 'the message is larger than the limit');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const open: OpenStructure[] = [];
  let offset = 0;
  let count = 0;
  for (;;) {
    const inside = open.at(-1);
    const endBytes = inside?.endBytes ?? frame.length;
    if (endBytes - offset < HEAD_BYTES) throw new TtlvError('TRUNCATED', offset, 'the bytes end inside an item');
    count += 1;
    if (count > limits.items)
      throw new TtlvError('TOO_MANY_ITEMS', offset, 'the message has more items than the limit');
    const tag = view.getUint32(offset) >>> 8;
    if (tag >>> 16 !== 0x42 && tag >>> 16 !== 0x54) throw new TtlvError('BAD_TAG', offset, 'this is not a tag of KMIP');
    const type = itemTypeOf(view.getUint8(offset + 3));
    if (type === undefined) throw new TtlvError('BAD_TYPE', offset + 3, 'this is not an item type of KMIP 1.1');
    const lengthBytes = view.getUint32(offset + 4);
    const valueAt = offset + HEAD_BYTES;
    if (lengthBytes > endBytes - valueAt || paddedBytes(lengthBytes) > endBytes - valueAt) {
      const code = inside === undefined ? 'TRUNCATED' : 'BAD_LENGTH';
      throw new TtlvError(code, offset + 4, 'the item is longer than what is around it');
    }
    offset = valueAt + paddedBytes(lengthBytes);
    let done: Item | undefined;
    if (type === 'Structure') {
      if (lengthBytes % 8 !== 0) throw new TtlvError('BAD_LENGTH', valueAt - 4, 'a structure is a multiple of 8 long');
      if (open.length >= limits.depth)
        throw new TtlvError('TOO_DEEP', valueAt - HEAD_BYTES, 'structures nest too deep');
      open.push({ tag, items: [], endBytes: offset });
      offset = valueAt;
    } else {
      done = readLeaf(tag, type, view, frame, valueAt, lengthBytes, limits);
      checkPadding(frame, valueAt + lengthBytes, offset);
    }
    for (;;) {
      const around = open.at(-1);
      if (done !== undefined) {
        if (around === undefined) return atEnd(done, offset, frame);
        around.items.push(done);
        done = undefined;
      }
      if (around === undefined || offset < around.endBytes) break;
      open.pop();
      done = { tag: around.tag, type: 'Structure', items: around.items };
    }
  }
}

function atEnd(item: Item, offset: number, frame: Uint8Array): Item {
  if (offset !== frame.length) throw new TtlvError('TRAILING_BYTES', offset, 'there are bytes after the item');
  return item;
}

function checkPadding(frame: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    if (frame[at] !== 0) throw new TtlvError('BAD_PADDING', at, 'padding must be zero');
  }
}

function readLeaf(
  tag: number,
  type: Exclude<Value['type'], 'Structure'>,
  view: DataView,
  frame: Uint8Array,
  at: number,
  lengthBytes: number,
  limits: Limits,
): Item {
  const fixed = (wanted: number): void => {
    if (lengthBytes !== wanted)
      throw new TtlvError('BAD_LENGTH', at - 4, `an item of type ${type} has ${wanted} bytes`);
  };
  switch (type) {
    case 'Integer':
      fixed(4);
      return { tag, type, value: view.getInt32(at) };
    case 'Enumeration':
    case 'Interval':
      fixed(4);
      return { tag, type, value: view.getUint32(at) };
    case 'LongInteger':
    case 'DateTime':
      fixed(8);
      return { tag, type, value: view.getBigInt64(at) };
    case 'Boolean': {
      fixed(8);
      const value = view.getBigUint64(at);
      if (value > 1n) throw new TtlvError('BAD_VALUE', at, 'a Boolean is 0 or 1');
      return { tag, type, value: value === 1n };
    }
    case 'BigInteger':
      if (lengthBytes === 0 || lengthBytes % 8 !== 0 || lengthBytes > limits.bigIntegerBytes) {
        throw new TtlvError(
          'BAD_LENGTH',
          at - 4,
          'a Big Integer is a multiple of 8 long, and not longer than the limit',
        );
      }
      return { tag, type, bytes: frame.subarray(at, at + lengthBytes) };
    case 'TextString': {
      const utf8 = frame.subarray(at, at + lengthBytes);
      if (!isUtf8(utf8)) throw new TtlvError('BAD_VALUE', at, 'a Text String is UTF-8');
      return { tag, type, utf8 };
    }
    case 'ByteString':
      return { tag, type, bytes: frame.subarray(at, at + lengthBytes) };
  }
}
