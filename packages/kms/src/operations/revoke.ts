import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { standardValue, withValue } from '../attributes.js';
import { stateAfter } from '../state-machine.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/**
 * Revoke (KMIP 1.1 section 4.20): an Active object becomes Deactivated; for a compromise any object that is not
 * destroyed becomes Compromised. Reason and dates are kept.
 */
export const revoke: OperationHandler<'Revoke', OperationContext> = async (request, call) => {
  const seconds = Math.floor(call.nowMs / 1000);
  const { code } = request.revocationReason;
  const isCompromise = code === 'KeyCompromise' || code === 'CACompromise';
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) => {
    const state = stateAfter(object.type, object.state, isCompromise ? 'compromise' : 'deactivate');
    const reasoned = withValue(object.attributes, 'Revocation Reason', request.revocationReason);
    const changed = withValue(reasoned, 'Last Change Date', seconds);
    if (!isCompromise) return { state, attributes: withValue(changed, 'Deactivation Date', seconds) };
    const occurred = request.compromiseOccurrenceDate ?? standardValue(object, 'Initial Date') ?? seconds;
    const dated = withValue(changed, 'Compromise Date', seconds);
    return { state, attributes: withValue(dated, 'Compromise Occurrence Date', occurred) };
  });
  return { uniqueIdentifier: id };
};
