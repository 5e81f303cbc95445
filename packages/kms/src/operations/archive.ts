import { Finished, type OperationHandler } from '@vcryptsim/kmip-lite/server';
import { withValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { isDestroyed } from '../objects/state-machine.js';
import { KmsError } from '../terms/errors.js';
import { type Call, changeOwnObject, type OperationContext, refuseArchived } from './operation-context.js';

/**
 * Archive (KMIP 1.1 section 4.22): the object's bytes are out of reach until it is recovered, its attributes are not.
 * Answered as pending when the client permits it; the change is durable by then (OASIS TC-101).
 */
export const archive: OperationHandler<'Archive', OperationContext> = async (request, call) => {
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => archived(object, call.nowMs));
  return pendingIfAllowed('Archive', id, call);
};

/** What archiving makes of an object. Throws KmsError OBJECT_ARCHIVED, OBJECT_NOT_FOUND. */
export function archived(object: ManagedObject, nowMs: number): ObjectPart {
  refuseArchived(object);
  if (isDestroyed(object.state)) throw new KmsError('OBJECT_NOT_FOUND', 'It was destroyed.');
  const seconds = Math.floor(nowMs / 1000);
  return {
    attributes: withValue(withValue(object.attributes, 'Archive Date', seconds), 'Last Change Date', seconds),
  };
}

/** Recover (KMIP 1.1 section 4.23): the object is at hand again. Recovering one that is at hand changes nothing. */
export const recover: OperationHandler<'Recover', OperationContext> = async (request, call) => {
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => recovered(object, call.nowMs));
  return pendingIfAllowed('Recover', id, call);
};

/** What recovering makes of an object. */
export function recovered({ attributes }: ManagedObject, nowMs: number): ObjectPart {
  const online = attributes.filter((one) => one.name !== 'Archive Date');
  return { attributes: withValue(online, 'Last Change Date', Math.floor(nowMs / 1000)) };
}

function pendingIfAllowed(operation: 'Archive' | 'Recover', id: string, call: Call) {
  const answer = { uniqueIdentifier: id };
  if (!call.asynchronousAllowed) return answer;
  return call.context.pending.begin(call.context.client, {
    isBegun: true,
    work: async () => new Finished(operation, answer),
  });
}
