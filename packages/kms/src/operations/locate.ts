import {
  type Attribute,
  attributeText,
  isStandard,
  LOCATED_MAX,
  StorageStatusMask,
  standardAttributes,
  type Value,
} from '@vcryptsim/kmip-lite';
import { Finished, type OperationHandler } from '@vcryptsim/kmip-lite/server';
import { allAttributes, ownCopy, sameValue, valueBytes } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { isDestroyed, stateAt } from '../objects/state-machine.js';
import { indexedText } from '../store/object-directory.js';
import { KmsError } from '../terms/errors.js';
import { defaultQuotas } from '../terms/quotas.js';
import { takeTurn } from './group-turns.js';
import type { MessageWork } from './message-work.js';
import { type Call, isArchived, type OperationContext, ownObjects, ownObjectsHaving } from './operation-context.js';

const ATTRIBUTES_MAX = 256;
/** Bytes of what a Locate looks for that is put off. */
const PENDING_BYTES_MAX = 16 * 1024;
/** Objects that are looked at between two questions whether others wait: some 10 microseconds each. */
const OBJECTS_AT_ONCE = 64;

/**
 * Locate (KMIP 1.1 section 4.9): identifiers of the client's objects that have all of the wanted attributes, oldest
 * first. Destroyed objects are found only by those who ask for a State, archived ones only by the Storage Status Mask.
 * Put off until it is polled when the client permits it (OASIS TC-32).
 */
export const locate: OperationHandler<'Locate', OperationContext> = async (request, call) => {
  const {
    attributes,
    objectGroupMember,
    maximumItems = 0,
    offsetItems = 0,
    storageStatusMask = StorageStatusMask.OnLineStorage,
  } = request;
  if (maximumItems < 0) throw new KmsError('FIELD_INVALID', 'Maximum Items cannot be negative.');
  if (offsetItems < 0) throw new KmsError('FIELD_INVALID', 'Offset Items cannot be negative.');
  if (attributes.length > ATTRIBUTES_MAX) throw new KmsError('FIELD_INVALID', 'That is too much to look for.');
  const { value: longest } = call.context.quotas ?? defaultQuotas;
  for (const { name, value } of attributes) {
    checkName(name);
    if (valueBytes(value) > longest) throw new KmsError('QUOTA_VALUE', 'No attribute is as long as that.');
  }
  const wanted = attributes.map(ownCopy);
  const { pending, client, work } = call.context;
  const search = async (by: MessageWork | undefined) => {
    const most = Math.min(maximumItems || LOCATED_MAX, LOCATED_MAX);
    const groups = groupsByName(wanted);
    const found: string[] = [];
    let looked = 0;
    for (const object of candidates(call, storageStatusMask, wanted)) {
      by?.spend(object.attributes.length + 1);
      if (hasAll(object, groups, by) && isMember(object, objectGroupMember)) found.push(object.id);
      looked += 1;
      if (by?.isDue || looked % OBJECTS_AT_ONCE === 0) await by?.rest();
    }
    const ordered = objectGroupMember === 'GroupMemberDefault' ? inTurn(found, wanted, call) : found;
    const uniqueIdentifiers = ordered.slice(offsetItems, offsetItems + most);
    // Clients of earlier versions page, too, but do not know the field (facts/kmip.md section 1.2).
    return { locatedItems: found.length, uniqueIdentifiers };
  };
  // What waits for its poll is kept meanwhile: nothing large is.
  const wantedBytes = wanted.reduce((sum, { name, value }) => sum + name.length + valueBytes(value), 0);
  if (!call.asynchronousAllowed || wantedBytes > PENDING_BYTES_MAX) return search(work);
  return pending.begin(client, { isBegun: false, work: async (by) => new Finished('Locate', await search(by)) });
};

function* candidates(call: Call, storage: number, wanted: readonly Attribute[]): Iterable<ManagedObject> {
  const asksForState = wanted.some((one) => one.name === 'State');
  for (const object of indexed(wanted, call) ?? ownObjects(call)) {
    const place = isArchived(object) ? StorageStatusMask.ArchivalStorage : StorageStatusMask.OnLineStorage;
    const state = stateAt(object, call.nowMs);
    if ((storage & place) !== 0 && (asksForState || !isDestroyed(state))) yield { ...object, state };
  }
}

/** The few objects that can fit at all, when a name or a group is asked for; null when each must be looked at. */
function indexed(wanted: readonly Attribute[], call: Call): ManagedObject[] | null {
  let fewest: ManagedObject[] | null = null;
  for (const name of ['Name', 'Object Group'] as const) {
    for (const one of wanted) {
      const text = one.name === name ? indexedText(name, one.value) : undefined;
      if (text === undefined) continue;
      const having = ownObjectsHaving(name, text, call);
      if (fewest === null || having.length < fewest.length) fewest = having;
    }
  }
  return fewest;
}

/** Wanted values by the attribute's name. */
function groupsByName(wanted: readonly Attribute[]): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const { name, value } of wanted) {
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

function hasAll(
  object: ManagedObject,
  groups: ReadonlyMap<string, readonly Value[]>,
  work: MessageWork | undefined,
): boolean {
  if (groups.size === 0) return true;
  const valuesOf = new Map<string, Value[]>();
  for (const { name, value } of allAttributes(object)) {
    if (!groups.has(name)) continue;
    const values = valuesOf.get(name);
    if (values) values.push(value);
    else valuesOf.set(name, [value]);
  }
  return [...groups].every(([name, group]) => {
    const values = valuesOf.get(name) ?? [];
    work?.spend(values.length * group.length);
    const [first, second] = group;
    if (first?.type === 'DateTime' && second?.type === 'DateTime') {
      const [from, to] = first.value < second.value ? [first, second] : [second, first];
      return values.some((value) => value.type === 'DateTime' && value.value >= from.value && value.value <= to.value);
    }
    return group.every((one) => values.some((value) => matches(name, value, one)));
  });
}

/** A usage mask matches when all wanted bits are set, a structure when the fields that are given are the same. */
function matches(name: string, value: Value, wanted: Value): boolean {
  if (name === 'Cryptographic Usage Mask' && value.type === 'Integer' && wanted.type === 'Integer') {
    return (value.value & wanted.value) === wanted.value;
  }
  if (value.type !== 'Structure' || wanted.type !== 'Structure') return sameValue(value, wanted);
  return wanted.items.every((field) => value.items.some((own) => own.tag === field.tag && matches('', own, field)));
}

/** The default members of a group take turns: each Locate begins with the one after the last one's first. */
function inTurn(found: readonly string[], wanted: readonly Attribute[], call: Call): string[] {
  const { nextGroupMember, client } = call.context;
  const groups = wanted.filter((one) => one.name === 'Object Group').map((one) => attributeText(one));
  const first = takeTurn(nextGroupMember, client, groups, found.length);
  return [...found.slice(first), ...found.slice(0, first)];
}

function isMember(object: ManagedObject, member: 'GroupMemberFresh' | 'GroupMemberDefault' | undefined): boolean {
  if (member !== 'GroupMemberFresh') return true;
  return object.attributes.some((one) => one.name === 'Fresh' && one.value.type === 'Boolean' && one.value.value);
}

function checkName(name: string): void {
  const isKnown = isStandard(name) ? standardAttributes[name] !== undefined : /^[xy]-/.test(name);
  if (!isKnown) throw new KmsError('ATTRIBUTE_INVALID', `${name} is not an attribute.`);
}
