import type { Item, Value } from './item.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A value under a tag. Spelled out, since it is called for every item written and a spread costs several times as much. */
export function item(tag: number, value: Value): Item {
  switch (value.type) {
    case 'Structure':
      return { tag, type: value.type, items: value.items };
    case 'TextString':
      return { tag, type: value.type, utf8: value.utf8 };
    case 'ByteString':
    case 'BigInteger':
      return { tag, type: value.type, bytes: value.bytes };
    case 'LongInteger':
    case 'DateTime':
      return { tag, type: value.type, value: value.value };
    case 'Boolean':
      return { tag, type: value.type, value: value.value };
    case 'Integer':
    case 'Enumeration':
    case 'Interval':
      return { tag, type: value.type, value: value.value };
  }
}

/** A Structure of items in the order of the specification's table. */
export const structure = (items: readonly Item[]): Value => ({ type: 'Structure', items });
/** A 32-bit signed number. */
export const integer = (value: number): Value => ({ type: 'Integer', value });
/** A 64-bit signed number. */
export const longInteger = (value: bigint): Value => ({ type: 'LongInteger', value });
/** A two's complement number of any length, big-endian, filled up at the left to a multiple of 8 bytes. */
export const bigInteger = (bytes: Uint8Array): Value => ({ type: 'BigInteger', bytes });
/** A number of an enumeration, 32 bits unsigned. */
export const enumeration = (value: number): Value => ({ type: 'Enumeration', value });
/** True or false. */
export const boolean = (value: boolean): Value => ({ type: 'Boolean', value });
/** A text. */
export const text = (value: string): Value => ({ type: 'TextString', utf8: encoder.encode(value) });
/** Bytes. */
export const bytes = (value: Uint8Array): Value => ({ type: 'ByteString', bytes: value });
/** A moment, in whole seconds since 1970. */
export const dateTime = (seconds: number): Value => ({ type: 'DateTime', value: BigInt(seconds) });
/** A span of time, in seconds. */
export const interval = (seconds: number): Value => ({ type: 'Interval', value: seconds });

/** Text of UTF-8 that the reader has already found to be well-formed. */
export function textOf(utf8: Uint8Array): string {
  return decoder.decode(utf8);
}

/** UTF-8 of a text. */
export function utf8Of(value: string): Uint8Array {
  return encoder.encode(value);
}
