import { assert } from '@vcryptsim/ports';
import { ItemType } from '../spec/tags.generated.js';
import type { Item } from './item.js';
import { HEAD_BYTES, paddedBytes } from './reader.js';

/**
 * Writes one item with everything in it (the layout stands at {@link decodeTtlv}).
 *
 * @returns a buffer of exactly its size; the caller zeroes it if it holds secrets
 * @throws AssertionError for a value that its type cannot hold: our own mistake
 */
export function encodeTtlv(root: Item): Uint8Array {
  const frame = new Uint8Array(encodedBytes(root));
  const view = new DataView(frame.buffer);
  const open: { readonly at: number; readonly items: readonly Item[]; next: number }[] = [];
  let offset = 0;
  let item: Item | undefined = root;
  while (item !== undefined) {
    assert(item.tag >>> 16 === 0x42 || item.tag >>> 16 === 0x54, 'a tag starts with 42 or 54');
    view.setUint32(offset, (item.tag << 8) | ItemType[item.type]);
    if (item.type === 'Structure') {
      open.push({ at: offset, items: item.items, next: 0 });
      offset += HEAD_BYTES;
    } else {
      const lengthBytes = writeValue(item, view, frame, offset + HEAD_BYTES);
      view.setUint32(offset + 4, lengthBytes);
      offset += HEAD_BYTES + paddedBytes(lengthBytes);
    }
    item = undefined;
    for (let around = open.at(-1); around !== undefined && item === undefined; around = open.at(-1)) {
      item = around.items[around.next];
      around.next += 1;
      if (item === undefined) {
        view.setUint32(around.at + 4, offset - around.at - HEAD_BYTES);
        open.pop();
      }
    }
  }
  return frame;
}

/** Bytes that an item takes on the wire, head and padding included. */
export function encodedBytes(root: Item): number {
  const left: Item[] = [root];
  let sizeBytes = 0;
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    sizeBytes += HEAD_BYTES;
    if (item.type === 'Structure') for (const inner of item.items) left.push(inner);
    else if (item.type === 'TextString') sizeBytes += paddedBytes(item.utf8.length);
    else if (item.type === 'ByteString' || item.type === 'BigInteger') sizeBytes += paddedBytes(item.bytes.length);
    else sizeBytes += 8;
  }
  return sizeBytes;
}

/** Writes the value and answers its length without padding. */
function writeValue(item: Exclude<Item, { type: 'Structure' }>, view: DataView, frame: Uint8Array, at: number): number {
  switch (item.type) {
    case 'Integer':
      assert(Number.isInteger(item.value) && Math.abs(item.value + 0.5) < 2 ** 31, 'an Integer has 32 bits, signed');
      view.setInt32(at, item.value);
      return 4;
    case 'Enumeration':
    case 'Interval':
      assert(Number.isInteger(item.value) && item.value >= 0 && item.value < 2 ** 32, `this ${item.type} is too large`);
      view.setUint32(at, item.value);
      return 4;
    case 'LongInteger':
    case 'DateTime':
      assert(BigInt.asIntN(64, item.value) === item.value, `a ${item.type} has 64 bits, signed`);
      view.setBigInt64(at, item.value);
      return 8;
    case 'Boolean':
      view.setBigUint64(at, item.value ? 1n : 0n);
      return 8;
    case 'TextString':
      frame.set(item.utf8, at);
      return item.utf8.length;
    case 'BigInteger':
      assert(item.bytes.length > 0 && item.bytes.length % 8 === 0, 'a Big Integer is a multiple of 8 bytes long');
      frame.set(item.bytes, at);
      return item.bytes.length;
    case 'ByteString':
      frame.set(item.bytes, at);
      return item.bytes.length;
  }
}
