import { isStandard } from '../attributes/attribute.js';
import { KMIP_1_4, type ProtocolVersion } from '../message/protocol-version.js';
import { tagExistsIn, valueExistsIn } from '../message/tag-names.js';
import { standardAttributes } from '../spec/attributes.generated.js';
import { Operation } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { textOf } from '../ttlv/values.js';

/** The version to speak in: newer minor versions are answered with what `newest` has. */
export function spokenVersion(version: ProtocolVersion, newest: ProtocolVersion = KMIP_1_4): ProtocolVersion {
  return { major: 1, minor: Math.min(version.minor, newest.minor) };
}

/** Says whether an operation may be asked for. Discover Versions always may: a client cannot know before it asked. */
export function operationExistsIn(operation: number, version: ProtocolVersion): boolean {
  return operation === Operation.DiscoverVersions || valueExistsIn(Tag.Operation, operation, version);
}

/**
 * Leaves out of an answer what the request's version does not know: fields, attributes by name, operations, object types
 * and the like that Query lists. Clients of 1.0 (libkmip) fail on a single attribute of 1.1.
 */
export function gate(items: readonly Item[], version: ProtocolVersion): Item[] {
  if (version.minor >= KMIP_1_4.minor) return [...items];
  return items.filter((one) => isKnown(one, version)).map((one) => gateInside(one, version));
}

function gateInside(one: Item, version: ProtocolVersion): Item {
  return one.type === 'Structure' ? { ...one, items: gate(one.items, version) } : one;
}

function isKnown(one: Item, version: ProtocolVersion): boolean {
  if (one.tag >>> 16 === 0x42 && !tagExistsIn(one.tag, version)) return false;
  if (one.type === 'Enumeration' && !valueExistsIn(one.tag, one.value, version)) return false;
  if (one.tag === Tag.Attribute && one.type === 'Structure') return one.items.every((inner) => isKnown(inner, version));
  if (one.tag !== Tag.AttributeName || one.type !== 'TextString') return true;
  const name = textOf(one.utf8);
  return !isStandard(name) || standardAttributes[name].sinceMinor <= version.minor;
}
