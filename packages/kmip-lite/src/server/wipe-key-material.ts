import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';

/** Zeroes the bytes of key material and opaque data in a tree, wherever they stand. */
export function wipeKeyMaterial(root: Item): void {
  const left: { readonly item: Item; readonly secret: boolean }[] = [{ item: root, secret: false }];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { item } = one;
    const secret = one.secret || item.tag === Tag.KeyMaterial || item.tag === Tag.OpaqueDataValue;
    if (item.type === 'Structure') for (const inner of item.items) left.push({ item: inner, secret });
    else if (secret && (item.type === 'ByteString' || item.type === 'BigInteger')) item.bytes.fill(0);
  }
}
