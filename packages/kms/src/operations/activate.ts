import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { withValue } from '../attributes.js';
import { stateAfter } from '../state-machine.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/** Activate (KMIP 1.1 section 4.19): Pre-Active becomes Active; refused in every other state. */
export const activate: OperationHandler<'Activate', OperationContext> = async (request, call) => {
  const seconds = Math.floor(call.nowMs / 1000);
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, ({ type, state, attributes }) => ({
    state: stateAfter(type, state, 'activate'),
    attributes: withValue(withValue(attributes, 'Activation Date', seconds), 'Last Change Date', seconds),
  }));
  return { uniqueIdentifier: id };
};
