import { createHash } from 'node:crypto';
import {
  type Attribute,
  attribute,
  attributeValue,
  firstValue,
  type Item,
  isStandard,
  type KeyFormatType,
  KmipError,
  type LinkType,
  type ObjectType,
  type StandardAttributeName,
  type StandardValue,
  standardAttributes,
  type Value,
} from '@vcryptsim/kmip-lite';
import { assert } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import { defaultQuotas, type Quotas } from '../terms/quotas.js';
import type { ManagedObject } from './managed-object.js';

/** How long a client may keep its copy of an object before it asks again; ours by choice. */
export const LEASE_SECONDS = 3600;

const INSTANCES_MAX = 256;

/** Bounds on one object's attributes. */
export type AttributeQuotas = Pick<Quotas, 'attributes' | 'value'>;

/** A standard attribute's typed value of an object, undefined if it has none. */
export function standardValue<Name extends StandardAttributeName>(
  object: Pick<ManagedObject, 'attributes'>,
  name: Name,
): StandardValue<Name> | undefined {
  return readable(() => firstValue(name, object.attributes));
}

/** What a value says; undefined for one that cannot be read: old stores hold some, from before values were checked. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KmipError) return undefined;
    throw error;
  }
}

/** Identifier of the object to which a link of that type points, undefined without one. */
export function linkedIdentifier(object: Pick<ManagedObject, 'attributes'>, type: LinkType): string | undefined {
  const links = object.attributes.filter((one) => one.name === 'Link');
  for (const one of links) {
    const link = readable(() => attributeValue('Link', one));
    if (link?.type === type) return link.linkedObjectIdentifier;
  }
  return undefined;
}

/** Says whether objects of a type have a state: opaque objects and templates have none (KMIP 1.1 section 3.22). */
export function hasState(type: ObjectType): boolean {
  return type !== 'OpaqueObject' && type !== 'Template';
}

/** Every attribute of an object, those that follow from what it is among them. */
export function allAttributes(object: ManagedObject): Attribute[] {
  return [
    attribute('Unique Identifier', object.id),
    attribute('Object Type', object.type),
    ...object.attributes,
    ...(hasState(object.type) ? [attribute('State', object.state)] : []),
    attribute('Lease Time', LEASE_SECONDS),
  ];
}

/**
 * Puts a client's attribute on an object that lacks it, and gives it its index.
 *
 * @returns the new list and the attribute as it now is
 * @throws KmsError ATTRIBUTE_INVALID, ATTRIBUTE_READ_ONLY, ATTRIBUTE_EXISTS, INDEX_OUT_OF_BOUNDS, QUOTA_ATTRIBUTES,
 *   QUOTA_VALUE; KmipError INVALID FIELD for a value of the wrong structure (KMIP 1.1 section 4.14; facts/kmip.md sections 1.5 and 1.6)
 */
export function withAdded(
  list: readonly Attribute[],
  added: Attribute,
  quotas: AttributeQuotas = defaultQuotas,
): { list: Attribute[]; added: Attribute } {
  if (added.index !== undefined) throw invalid(`${added.name} is added with an index, which only the server gives.`);
  checkSettable(added.name);
  const instances = list.filter((one) => one.name === added.name);
  const isSingle = isStandard(added.name) && standardAttributes[added.name].instances === 'one';
  if (isSingle && instances.length > 0) throw new KmsError('ATTRIBUTE_EXISTS', `${added.name} is set already.`);
  if (instances.some((one) => sameValue(one.value, added.value)) && added.name === 'Name') {
    throw new KmsError('ATTRIBUTE_EXISTS', 'The object has this name already.');
  }
  return placed(list, added, instances, quotas);
}

/**
 * Gives an attribute that an object has another value.
 *
 * @throws KmsError ATTRIBUTE_READ_ONLY; ATTRIBUTE_ABSENT when it has none of that name (KMIP 1.1 section 4.15);
 *   INSTANCE_NOT_FOUND when it has none of that index; ATTRIBUTE_INVALID
 */
export function withModified(
  list: readonly Attribute[],
  wanted: Attribute,
  quotas: AttributeQuotas = defaultQuotas,
): { list: Attribute[]; modified: Attribute } {
  checkSettable(wanted.name);
  const place = placeOf(list, wanted.name, wanted.index, 'ATTRIBUTE_ABSENT');
  checkValue(wanted, quotas);
  const { name, value } = ownCopy(wanted);
  const index = list[place]?.index;
  const modified: Attribute = index === undefined ? { name, value } : { name, index, value };
  return { list: list.with(place, modified), modified };
}

/**
 * Takes an attribute off an object. The other instances keep their indexes.
 *
 * @throws KmsError ATTRIBUTE_READ_ONLY also for one that may be changed only, ATTRIBUTE_NOT_FOUND, INSTANCE_NOT_FOUND
 *   (KMIP 1.1 section 4.16)
 */
export function withDeleted(
  list: readonly Attribute[],
  name: string,
  index?: number,
): { list: Attribute[]; deleted: Attribute } {
  checkSettable(name);
  if (isStandard(name) && standardAttributes[name].client !== 'delete') {
    throw new KmsError('ATTRIBUTE_READ_ONLY', `${name} cannot be deleted.`);
  }
  const place = placeOf(list, name, index, 'ATTRIBUTE_NOT_FOUND');
  const deleted = list[place];
  assert(deleted, 'the place was just found');
  return { list: list.toSpliced(place, 1), deleted };
}

function placeOf(
  list: readonly Attribute[],
  name: string,
  index: number | undefined,
  absent: 'ATTRIBUTE_ABSENT' | 'ATTRIBUTE_NOT_FOUND',
): number {
  if (!list.some((one) => one.name === name)) throw new KmsError(absent, `The object has no ${name}.`);
  const place = list.findIndex((one) => one.name === name && (one.index ?? 0) === (index ?? 0));
  if (place >= 0) return place;
  throw new KmsError('INSTANCE_NOT_FOUND', `The object has no ${name} with index ${index ?? 0}.`);
}

/** Like {@link withAdded}, for the attributes with which a client makes an object: those that later nobody changes are settable too. */
export function withInitial(
  list: readonly Attribute[],
  added: Attribute,
  quotas: AttributeQuotas = defaultQuotas,
): Attribute[] {
  const instances = list.filter((one) => one.name === added.name);
  if (added.index !== undefined && added.index !== instances.length) {
    throw invalid(`${added.name} has index ${added.index} out of turn.`);
  }
  if (!INITIAL_ONLY.has(added.name)) checkSettable(added.name);
  if (isStandard(added.name) && standardAttributes[added.name].instances === 'one' && instances.length > 0) {
    throw new KmsError('INDEX_OUT_OF_BOUNDS', `${added.name} may be given only once.`);
  }
  return placed(list, added, instances, quotas).list;
}

/** Replaces a single-valued attribute that the server keeps, or sets it. */
export function withValue<Name extends StandardAttributeName>(
  list: readonly Attribute[],
  name: Name,
  value: StandardValue<Name>,
): Attribute[] {
  return [...list.filter((one) => one.name !== name), attribute(name, value)];
}

/** The SHA-256 that every object with material has (KMIP 1.1 section 3.17). */
export function digestAttribute(material: Uint8Array, keyFormatType?: KeyFormatType): Attribute {
  const digestValue = Uint8Array.from(createHash('sha256').update(material).digest());
  return attribute('Digest', { hashingAlgorithm: 'SHA256', digestValue, keyFormatType });
}

/** A copy that does not look into the frame it was read from. */
export function ownCopy(original: Attribute): Attribute {
  return { ...original, value: ownValue(original.value) };
}

const INITIAL_ONLY: ReadonlySet<string> = new Set([
  'Cryptographic Domain Parameters',
  'Cryptographic Algorithm',
  'Cryptographic Length',
  'Cryptographic Usage Mask',
  'Operation Policy Name',
  'Fresh',
]);

function checkSettable(name: string): void {
  if (isStandard(name)) {
    if (standardAttributes[name].client === 'read')
      throw new KmsError('ATTRIBUTE_READ_ONLY', `${name} is set by the server.`);
  } else if (name.startsWith('y-')) {
    throw new KmsError('ATTRIBUTE_READ_ONLY', `${name} begins with y-, which is for servers.`);
  } else if (!name.startsWith('x-')) {
    throw invalid(`${name} is neither an attribute of KMIP nor begins with x-.`);
  }
}

function placed(
  list: readonly Attribute[],
  added: Attribute,
  instances: readonly Attribute[],
  quotas: AttributeQuotas,
): { list: Attribute[]; added: Attribute } {
  checkValue(added, quotas);
  if (list.length >= quotas.attributes) {
    throw new KmsError('QUOTA_ATTRIBUTES', `An object has at most ${quotas.attributes} attributes.`);
  }
  if (instances.length >= INSTANCES_MAX) {
    throw new KmsError('INDEX_OUT_OF_BOUNDS', `${added.name} has too many instances.`);
  }
  const index = instances.reduce((next, one) => Math.max(next, (one.index ?? 0) + 1), 0);
  const { name, value } = ownCopy(withFullCount(added));
  const kept: Attribute = index === 0 ? { name, value } : { name, index, value };
  return { list: [...list, kept], added: kept };
}

/** Usage Limits that say no count begin with the whole of their total (KMIP 1.1 section 3.21). */
function withFullCount(added: Attribute): Attribute {
  if (added.name !== 'Usage Limits') return added;
  const limits = attributeValue('Usage Limits', added);
  return attribute('Usage Limits', { ...limits, count: limits.count ?? limits.total });
}

/** A value is checked when it comes in: what is stored can be read, whoever reads it. */
function checkValue(attribute: Attribute, quotas: AttributeQuotas): void {
  const { name, value } = attribute;
  if (valueBytes(value) > quotas.value) {
    throw new KmsError('QUOTA_VALUE', `${name} is longer than ${quotas.value} bytes.`);
  }
  if (isStandard(name)) checkStructure(name, attribute);
  // Without data the client asks the server to make it (KMIP 1.1 section 3.36).
  if (name !== 'Application Specific Information') return;
  const { applicationNamespace, applicationData } = attributeValue('Application Specific Information', attribute);
  if (applicationData !== undefined) return;
  throw new KmsError('NAMESPACE_NOT_SUPPORTED', `No data is made for the namespace ${applicationNamespace}.`);
}

function checkStructure(name: StandardAttributeName, attribute: Attribute): void {
  try {
    attributeValue(name, attribute);
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    throw new KmipError('InvalidField', `${name}: ${error.message}`);
  }
}

function ownValue(value: Value): Value {
  switch (value.type) {
    case 'Structure':
      return { ...value, items: value.items.map((item): Item => ({ ...ownValue(item), tag: item.tag })) };
    case 'TextString':
      return { ...value, utf8: value.utf8.slice() };
    case 'ByteString':
    case 'BigInteger':
      return { ...value, bytes: value.bytes.slice() };
    default:
      return value;
  }
}

/** Bytes of a value, roughly as it is stored. */
export function valueBytes(value: Value): number {
  switch (value.type) {
    case 'Structure':
      return value.items.reduce((sum, item) => sum + 8 + valueBytes(item), 0);
    case 'TextString':
      return value.utf8.length;
    case 'ByteString':
    case 'BigInteger':
      return value.bytes.length;
    default:
      return 8;
  }
}

/** Says whether two values are the same, byte for byte. */
export function sameValue(a: Value, b: Value): boolean {
  switch (a.type) {
    case 'Structure':
      return (
        b.type === 'Structure' &&
        a.items.length === b.items.length &&
        a.items.every((item, place) => item.tag === b.items[place]?.tag && sameValue(item, b.items[place]))
      );
    case 'TextString':
      return b.type === 'TextString' && sameBytes(a.utf8, b.utf8);
    case 'ByteString':
    case 'BigInteger':
      return b.type === a.type && sameBytes(a.bytes, b.bytes);
    default:
      return b.type === a.type && a.value === b.value;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

function invalid(message: string): KmsError {
  return new KmsError('ATTRIBUTE_INVALID', message);
}
