import { isStandard } from '../attributes/attribute.js';
import type { ProtocolVersion } from '../message/protocol-version.js';
import { tagExistsIn } from '../message/tag-names.js';
import { standardAttributes } from '../spec/attributes.generated.js';
import { Operation, valuesSince11 } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { textOf } from '../ttlv/values.js';

const newOperations: readonly number[] = valuesSince11[Tag.Operation];

/** The version to speak in: newer minor versions are answered with what 1.1 has. */
export function spokenVersion(version: ProtocolVersion): ProtocolVersion {
  return { major: 1, minor: Math.min(version.minor, 1) };
}

/** Says whether an operation may be asked for. Discover Versions always may: a client cannot know before it asked. */
export function operationExistsIn(operation: number, version: ProtocolVersion): boolean {
  return version.minor >= 1 || operation === Operation.DiscoverVersions || !newOperations.includes(operation);
}

/**
 * Leaves out of an answer what the request's version does not know: fields, attributes by name, operations that Query
 * lists. Clients of 1.0 (libkmip) fail on a single attribute of 1.1.
 */
export function gate(items: readonly Item[], version: ProtocolVersion): Item[] {
  if (version.minor >= 1) return [...items];
  return items.filter((one) => isKnown(one, version)).map((one) => gateInside(one, version));
}

function gateInside(one: Item, version: ProtocolVersion): Item {
  return one.type === 'Structure' ? { ...one, items: gate(one.items, version) } : one;
}

function isKnown(one: Item, version: ProtocolVersion): boolean {
  if (one.tag >>> 16 === 0x42 && !tagExistsIn(one.tag, version)) return false;
  if (one.tag === Tag.Operation && one.type === 'Enumeration') return !newOperations.includes(one.value);
  if (one.tag === Tag.Attribute && one.type === 'Structure') return one.items.every((inner) => isKnown(inner, version));
  if (one.tag !== Tag.AttributeName || one.type !== 'TextString') return true;
  const name = textOf(one.utf8);
  return !isStandard(name) || standardAttributes[name].sinceMinor <= version.minor;
}
