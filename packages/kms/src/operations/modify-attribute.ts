import type { Attribute } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { valueBytes, withModified, withValue } from '../objects/attributes.js';
import { stateAt } from '../objects/state-machine.js';
import { checkDate } from './life-cycle-dates.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';
import { refuseOverQuota } from './refuse-over-quota.js';

/** Modify Attribute (KMIP 1.1 section 4.15). A date that has come moves the state with it. */
export const modifyAttribute: OperationHandler<'ModifyAttribute', OperationContext> = async (request, call) => {
  let answer: Attribute = request.attribute;
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => {
    checkDate(object, request.attribute.name);
    const { list, modified } = withModified(object.attributes, request.attribute, call.context.quotas);
    refuseOverQuota(call, 0, valueBytes(modified.value));
    answer = modified;
    const attributes = withValue(list, 'Last Change Date', Math.floor(call.nowMs / 1000));
    return { attributes, state: stateAt({ state: object.state, attributes }, call.nowMs) };
  });
  return { uniqueIdentifier: id, attribute: answer };
};
