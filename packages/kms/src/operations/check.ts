import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { LEASE_SECONDS, standardValue } from '../objects/attributes.js';
import { type OperationContext, ownObject, refuseArchived } from './operation-context.js';

/** Check (KMIP 1.1 section 4.10): answers only with those intentions that the object does not allow. Takes nothing. */
export const check: OperationHandler<'Check', OperationContext> = async (request, call) => {
  const object = ownObject(request.uniqueIdentifier, call);
  refuseArchived(object);
  const { usageLimitsCount, cryptographicUsageMask, leaseTime } = request;
  const limits = standardValue(object, 'Usage Limits');
  const mask = standardValue(object, 'Cryptographic Usage Mask') ?? 0;
  const isTooMuch = limits !== undefined && (usageLimitsCount ?? 0n) > (limits.count ?? limits.total);
  const isForeignUse = ((cryptographicUsageMask ?? 0) & ~mask) !== 0;
  return {
    uniqueIdentifier: object.id,
    ...(isTooMuch && { usageLimitsCount }),
    ...(isForeignUse && { cryptographicUsageMask }),
    ...((leaseTime ?? 0) > LEASE_SECONDS && { leaseTime }),
  };
};
