import {
  type Attribute,
  attributeText,
  isStandard,
  StorageStatusMask,
  standardAttributes,
  type Value,
} from '@vcryptsim/kmip-lite';
import { Finished, type OperationHandler } from '@vcryptsim/kmip-lite/server';
import { allAttributes, ownCopy, sameValue } from '../attributes.js';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../managed-object.js';
import { isDestroyed } from '../state-machine.js';
import { type Call, isArchived, type OperationContext, ownObjects } from './operation-context.js';

const ATTRIBUTES_MAX = 256;
const ANSWER_MAX = 10_000;

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
  for (const { name } of attributes) checkName(name);
  const wanted = attributes.map(ownCopy);
  const search = () => {
    const most = Math.min(maximumItems || ANSWER_MAX, ANSWER_MAX);
    const found: string[] = [];
    for (const object of candidates(call, storageStatusMask, wanted)) {
      if (hasAll(object, wanted) && isMember(object, objectGroupMember)) found.push(object.id);
    }
    const ordered = objectGroupMember === 'GroupMemberDefault' ? inTurn(found, wanted, call) : found;
    const uniqueIdentifiers = ordered.slice(offsetItems, offsetItems + most);
    // Clients of earlier versions page, too, but do not know the field (facts/kmip.md section 1.2).
    return { locatedItems: found.length, uniqueIdentifiers };
  };
  if (!call.asynchronousAllowed) return search();
  const { pending, client } = call.context;
  return pending.begin(client, { isBegun: false, work: async () => new Finished('Locate', search()) });
};

function* candidates(call: Call, storage: number, wanted: readonly Attribute[]): Iterable<ManagedObject> {
  const asksForState = wanted.some((one) => one.name === 'State');
  for (const object of ownObjects(call)) {
    const place = isArchived(object) ? StorageStatusMask.ArchivalStorage : StorageStatusMask.OnLineStorage;
    if ((storage & place) !== 0 && (asksForState || !isDestroyed(object.state))) yield object;
  }
}

function hasAll(object: ManagedObject, wanted: readonly Attribute[]): boolean {
  const all = allAttributes(object);
  return [...new Set(wanted.map((one) => one.name))].every((name) => {
    const group = wanted.filter((one) => one.name === name);
    const values = all.filter((one) => one.name === name).map((one) => one.value);
    const [first, second] = group.map((one) => one.value);
    if (first?.type === 'DateTime' && second?.type === 'DateTime') {
      const [from, to] = first.value < second.value ? [first, second] : [second, first];
      return values.some((value) => value.type === 'DateTime' && value.value >= from.value && value.value <= to.value);
    }
    return group.every((one) => values.some((value) => matches(name, value, one.value)));
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
  const { groupTurns, client } = call.context;
  const groups = wanted.filter((one) => one.name === 'Object Group').map((one) => attributeText(one));
  const key = JSON.stringify([client, ...groups]);
  const first = (groupTurns.get(key) ?? 0) % Math.max(1, found.length);
  groupTurns.set(key, first + 1);
  return [...found.slice(first), ...found.slice(0, first)];
}

function isMember(object: ManagedObject, member: 'GroupMemberFresh' | 'GroupMemberDefault' | undefined): boolean {
  if (member !== 'GroupMemberFresh') return true;
  return object.attributes.some((one) => one.name === 'Fresh' && one.value.type === 'Boolean' && one.value.value);
}

function checkName(name: string): void {
  const isKnown = isStandard(name) ? standardAttributes[name] !== undefined : /^[xy]-/.test(name);
  if (!isKnown) throw new KmsError('ATTRIBUTE_INVALID', `${name} is no attribute.`);
}
