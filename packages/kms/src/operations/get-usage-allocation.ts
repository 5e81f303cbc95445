import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { standardValue, withValue } from '../objects/attributes.js';
import { KmsError } from '../terms/errors.js';
import { changeOwnObject, type OperationContext, refuseArchived } from './operation-context.js';

/** Get Usage Allocation (KMIP 1.1 section 4.18): takes a part of what the Usage Limits leave, or nothing. */
export const getUsageAllocation: OperationHandler<'GetUsageAllocation', OperationContext> = async (request, call) => {
  const { usageLimitsCount } = request;
  if (usageLimitsCount < 0n) throw new KmsError('FIELD_INVALID', 'An allocation cannot be negative.');
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => {
    refuseArchived(object);
    const limits = standardValue(object, 'Usage Limits');
    if (!limits) throw new KmsError('NO_USAGE_LIMITS', 'The object has no usage limits.');
    const left = (limits.count ?? limits.total) - usageLimitsCount;
    if (left < 0n) throw new KmsError('USAGE_EXHAUSTED', 'The usage limits leave less than that.');
    const attributes = withValue(object.attributes, 'Usage Limits', { ...limits, count: left });
    return { attributes: withValue(attributes, 'Last Change Date', Math.floor(call.nowMs / 1000)) };
  });
  return { uniqueIdentifier: id };
};
