import type { Attribute } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { withAdded, withValue } from '../attributes.js';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../managed-object.js';
import { stateAt } from '../state-machine.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/** Add Attribute (KMIP 1.1 section 4.14). In every state; a date that has come moves the state with it. */
export const addAttribute: OperationHandler<'AddAttribute', OperationContext> = async (request, call) => {
  let answer: Attribute = request.attribute;
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => {
    checkDate(object, request.attribute.name);
    const { list, added } = withAdded(object.attributes, request.attribute);
    answer = added;
    const attributes = withValue(list, 'Last Change Date', Math.floor(call.nowMs / 1000));
    return { attributes, state: stateAt({ state: object.state, attributes }, call.nowMs) };
  });
  call.context.events.emit({ type: 'ATTRIBUTE_ADDED', keyId: id, attribute: answer.name });
  return { uniqueIdentifier: id, attribute: answer };
};

/** States in which a date that governs the life cycle may still be set (KMIP 1.1 sections 3.24 to 3.27). */
const OPEN_STATES: Readonly<Record<string, readonly string[]>> = {
  'Activation Date': ['PreActive'],
  'Process Start Date': ['PreActive', 'Active'],
  'Protect Stop Date': ['PreActive', 'Active'],
  'Deactivation Date': ['PreActive', 'Active'],
};

function checkDate(object: ManagedObject, name: string): void {
  const open = OPEN_STATES[name];
  if (open && !open.includes(object.state))
    throw new KmsError('WRONG_STATE', `${name} is fixed once an object is ${object.state}.`);
}
