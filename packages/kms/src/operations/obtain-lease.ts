import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { LEASE_SECONDS, standardValue } from '../objects/attributes.js';
import { KmsError } from '../terms/errors.js';
import { type OperationContext, ownObject, refuseArchived } from './operation-context.js';

/** Obtain Lease (KMIP 1.1 section 4.17). Refused for what nobody should use any more. */
export const obtainLease: OperationHandler<'ObtainLease', OperationContext> = async (request, call) => {
  const object = ownObject(request.uniqueIdentifier, call);
  refuseArchived(object);
  if (object.state !== 'PreActive' && object.state !== 'Active') {
    throw new KmsError('WRONG_STATE', `There is no lease on an object that is ${object.state}.`);
  }
  const lastChangeDate = standardValue(object, 'Last Change Date') ?? Math.floor(call.nowMs / 1000);
  return { uniqueIdentifier: object.id, leaseTime: LEASE_SECONDS, lastChangeDate };
};
