import type { Item } from '@vcryptsim/kmip-lite';
import fc from 'fast-check';

const utf8 = new TextEncoder();
const tag = fc.oneof(fc.integer({ min: 0x420001, max: 0x4200d3 }), fc.integer({ min: 0x540000, max: 0x54ffff }));
const bytes = fc.uint8Array({ maxLength: 40 });
const bigInteger = fc
  .integer({ min: 1, max: 5 })
  .chain((words) => fc.uint8Array({ minLength: words * 8, maxLength: words * 8 }));
const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsigned = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const leaf: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ tag, type: fc.constant('Integer' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
  fc.record({ tag, type: fc.constant('LongInteger' as const), value: wide }),
  fc.record({ tag, type: fc.constant('BigInteger' as const), bytes: bigInteger }),
  fc.record({ tag, type: fc.constant('Enumeration' as const), value: unsigned }),
  fc.record({ tag, type: fc.constant('Boolean' as const), value: fc.boolean() }),
  fc.record({
    tag,
    type: fc.constant('TextString' as const),
    utf8: fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => utf8.encode(text)),
  }),
  fc.record({ tag, type: fc.constant('ByteString' as const), bytes }),
  fc.record({ tag, type: fc.constant('DateTime' as const), value: wide }),
  fc.record({ tag, type: fc.constant('Interval' as const), value: unsigned }),
);

/** Any item that the writer can write, nested up to six deep. */
export const arbitraryItem: fc.Arbitrary<Item> = fc.letrec<{ item: Item; structure: Item }>((tie) => ({
  item: fc.oneof({ depthSize: 'small', maxDepth: 6 }, leaf, tie('structure')),
  structure: fc.record({
    tag,
    type: fc.constant('Structure' as const),
    items: fc.array(tie('item'), { maxLength: 6 }),
  }),
})).item;
