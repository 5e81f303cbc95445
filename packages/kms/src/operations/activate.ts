import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { withValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { stateAfter } from '../objects/state-machine.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/** Activate (KMIP 1.1 section 4.19): Pre-Active becomes Active; refused in every other state. */
export const activate: OperationHandler<'Activate', OperationContext> = async (request, call) => {
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => activated(object, call.nowMs));
  return { uniqueIdentifier: id };
};

/** What activating makes of an object. Throws KmsError NO_STATE, WRONG_STATE. */
export function activated({ type, state, attributes }: ManagedObject, nowMs: number): ObjectPart {
  const seconds = Math.floor(nowMs / 1000);
  return {
    state: stateAfter(type, state, 'activate'),
    attributes: withValue(withValue(attributes, 'Activation Date', seconds), 'Last Change Date', seconds),
  };
}
