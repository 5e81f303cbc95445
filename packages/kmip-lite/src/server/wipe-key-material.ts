import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';

/** Tags whose bytes are secret: keys, opaque data, and what Encrypt, Decrypt and RNG Retrieve carry in clear. */
const SECRET_TAGS: readonly number[] = [Tag.KeyMaterial, Tag.OpaqueDataValue, Tag.Data];

/** Zeroes the secret bytes in a tree, wherever they stand. */
export function wipeKeyMaterial(root: Item): void {
  const left: { readonly item: Item; readonly secret: boolean }[] = [{ item: root, secret: false }];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { item } = one;
    const secret = one.secret || SECRET_TAGS.includes(item.tag);
    if (item.type === 'Structure') for (const inner of item.items) left.push({ item: inner, secret });
    else if (secret && (item.type === 'ByteString' || item.type === 'BigInteger')) item.bytes.fill(0);
  }
}
