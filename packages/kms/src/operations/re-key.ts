import { type Attribute, attribute, type LinkType } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { standardValue, withAdded, withValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { stateAt } from '../objects/state-machine.js';
import { KmsError } from '../terms/errors.js';
import { drawKey } from './create.js';
import { makeObject, wantedAttributes } from './new-object.js';
import { type Call, type OperationContext, ownObject, refuseArchived } from './operation-context.js';

/**
 * Re-key (KMIP 1.1 section 4.4): a replacement that takes over the names, with links both ways. The old key stays in its
 * state. Both become durable together. Refused once a key was destroyed.
 */
export const reKey: OperationHandler<'ReKey', OperationContext> = async (request, call) => {
  const { context } = call;
  const old = ownObject(request.uniqueIdentifier, call);
  refuseArchived(old);
  if (old.type !== 'SymmetricKey' || !old.material) throw new KmsError('WRONG_STATE', 'This object is not re-keyed.');
  const own = wantedAttributes(request.templateAttribute, call);
  const attributes = inherited(old, own, request.offset, call);
  const drawn = drawKey(attributes, context);
  const fresh = makeObject({ ...drawn, attributes: withoutNames(drawn.attributes) }, call);
  const names = attributes.filter((one) => one.name === 'Name');
  const replacement = {
    ...fresh,
    attributes: withLink([...names, ...fresh.attributes], 'ReplacedObjectLink', old.id),
  };
  const change = (newest: ManagedObject) => ({
    ...newest,
    attributes: withValue(
      withLink(withoutNames(newest.attributes), 'ReplacementObjectLink', fresh.id),
      'Last Change Date',
      Math.floor(call.nowMs / 1000),
    ),
  });
  await context.store.commit({
    added: [{ ...replacement, state: stateAt(replacement, call.nowMs) }],
    changed: [{ id: old.id, change }],
  });
  context.events.emit({ type: 'KEY_CREATED', keyId: fresh.id, client: context.client });
  return { uniqueIdentifier: fresh.id };
};

/** What belongs to the old key itself and not to its replacement. */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  'Initial Date',
  'Last Change Date',
  'Destroy Date',
  'Compromise Date',
  'Compromise Occurrence Date',
  'Revocation Reason',
  'Digest',
  'Fresh',
  'Link',
  'Archive Date',
]);

const LIFE_DATES = ['Activation Date', 'Process Start Date', 'Protect Stop Date', 'Deactivation Date'] as const;

/**
 * The replacement's attributes: the old key's, the request's instead where there are any. With an offset the life dates
 * move so that the Activation Date is that long after now (KMIP 1.1 section 4.4, table of dates).
 */
export function inherited(
  old: ManagedObject,
  own: readonly Attribute[],
  offsetSeconds: number | undefined,
  call: Call,
): Attribute[] {
  if (offsetSeconds !== undefined && own.some((one) => LIFE_DATES.some((name) => name === one.name))) {
    throw new KmsError('OFFSET_WITH_DATES', 'An offset and dates exclude each other.');
  }
  const kept = old.attributes.filter(
    (one) => !NOT_INHERITED.has(one.name) && !own.some((other) => other.name === one.name),
  );
  const seconds = Math.floor(call.nowMs / 1000);
  const activation = standardValue(old, 'Activation Date');
  if (offsetSeconds === undefined) return [...kept, ...own];
  const shift = activation === undefined ? 0 : seconds + offsetSeconds - activation;
  const moved = LIFE_DATES.reduce<Attribute[]>((list, name) => {
    const date = standardValue(old, name);
    return date === undefined ? list : withValue(list, name, date + shift);
  }, kept);
  return [...withValue(moved, 'Activation Date', seconds + offsetSeconds), ...own];
}

/** The names go to the replacement. */
export function withoutNames(attributes: readonly Attribute[]): Attribute[] {
  return attributes.filter((one) => one.name !== 'Name');
}

/** Adds a link to another object. */
export function withLink(attributes: readonly Attribute[], type: LinkType, id: string): Attribute[] {
  return withAdded(attributes, attribute('Link', { type, linkedObjectIdentifier: id })).list;
}
