import { Tag } from '../spec/tags.generated.js';
import { decodeTtlv } from '../ttlv/reader.js';
import { item } from '../ttlv/values.js';
import { encodeTtlv } from '../ttlv/writer.js';
import type { Attribute } from './attribute.js';

/** A copy that holds no view of the frame the attribute was read from: what a server keeps. */
export function copyAttribute({ name, index, value }: Attribute): Attribute {
  const { tag: _, ...copy } = decodeTtlv(encodeTtlv(item(Tag.AttributeValue, value)));
  return { name, index, value: copy };
}
