import {
  type Attribute,
  decodeTtlv,
  encodeTtlv,
  type Item,
  integer,
  item,
  structure,
  Tag,
  text,
  textOf,
} from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';

/** Attributes as the wire carries them, one after another in a structure (Template-Attribute 420091). */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  return encodeTtlv(item(Tag.TemplateAttribute, structure(attributes.map(encodeAttribute))));
}

/**
 * Reads what {@link encodeAttributes} made.
 *
 * @param bytes kept: values are views of it
 * @throws KmsError STORE_DAMAGED
 */
export function decodeAttributes(bytes: Uint8Array): Attribute[] {
  const list = decodeTtlv(bytes);
  if (list.type !== 'Structure') throw malformed();
  return list.items.map(decodeAttribute);
}

/** One attribute as the wire carries it. */
export function encodeAttribute({ name, index, value }: Attribute): Item {
  const indexItems = index === undefined ? [] : [item(Tag.AttributeIndex, integer(index))];
  return item(
    Tag.Attribute,
    structure([item(Tag.AttributeName, text(name)), ...indexItems, item(Tag.AttributeValue, value)]),
  );
}

function decodeAttribute(attribute: Item): Attribute {
  if (attribute.type !== 'Structure') throw malformed();
  const [name, ...rest] = attribute.items;
  const index = rest.length > 1 ? rest[0] : undefined;
  const last = rest.at(-1);
  if (name?.type !== 'TextString' || !last || (index && index.type !== 'Integer')) throw malformed();
  const { tag: _, ...value } = last;
  return { name: textOf(name.utf8), ...(index && { index: index.value }), value };
}

function malformed(): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    'A record holds attributes in no known form.',
    'Restore the folder from a backup.',
  );
}
