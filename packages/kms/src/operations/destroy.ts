import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { hasState, withValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { isDestroyed, stateAfter } from '../objects/state-machine.js';
import { KmsError } from '../terms/errors.js';
import { changeOwnObject, type OperationContext, refuseArchived } from './operation-context.js';

/**
 * Destroy (KMIP 1.1 section 4.21): when the answer leaves, the material is in no file any more; the attributes stay.
 * Refused while an object is Active. Templates and opaque objects, which have no state, go at once.
 */
export const destroy: OperationHandler<'Destroy', OperationContext> = async (request, call) => {
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => destroyed(object, call.nowMs));
  return { uniqueIdentifier: id };
};

/** What destroying makes of an object. Throws KmsError OBJECT_ARCHIVED, OBJECT_NOT_FOUND, WRONG_STATE. */
export function destroyed(object: ManagedObject, nowMs: number): ObjectPart {
  refuseArchived(object);
  if (!hasState(object.type) && isDestroyed(object.state)) throw new KmsError('OBJECT_NOT_FOUND', 'It was destroyed.');
  const seconds = Math.floor(nowMs / 1000);
  const state = hasState(object.type) ? stateAfter(object.type, object.state, 'destroy') : 'Destroyed';
  const dated = withValue(object.attributes, 'Destroy Date', seconds);
  return { state, material: null, attributes: withValue(dated, 'Last Change Date', seconds) };
}
