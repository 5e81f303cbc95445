import { ItemType } from '../spec/tags.generated.js';

/**
 * What an item holds, without its tag. Byte arrays are views of the frame they were read from: whoever keeps one beyond
 * the frame's life copies it, and zeroing the frame zeroes every view of it.
 */
export type Value =
  | { readonly type: 'Structure'; readonly items: readonly Item[] }
  | { readonly type: 'Integer'; readonly value: number }
  | { readonly type: 'LongInteger'; readonly value: bigint }
  | { readonly type: 'BigInteger'; readonly bytes: Uint8Array }
  | { readonly type: 'Enumeration'; readonly value: number }
  | { readonly type: 'Boolean'; readonly value: boolean }
  | { readonly type: 'TextString'; readonly utf8: Uint8Array }
  | { readonly type: 'ByteString'; readonly bytes: Uint8Array }
  /** Seconds since 1970, any 64-bit number. */
  | { readonly type: 'DateTime'; readonly value: bigint }
  /** Seconds. */
  | { readonly type: 'Interval'; readonly value: number };

/** One TTLV item: a tag (three bytes) and what it holds. Text stays UTF-8, so that a password is never a string. */
export type Item = Value & { readonly tag: number };

/** Name of an item type by its number on the wire, or undefined for a number that KMIP 1.1 does not know. */
export function itemTypeOf(number: number): ItemType | undefined {
  return names[number];
}

const names: readonly (ItemType | undefined)[] = Object.entries(ItemType).reduce<(ItemType | undefined)[]>(
  (list, [name, number]) => {
    list[number] = name as ItemType;
    return list;
  },
  [],
);
