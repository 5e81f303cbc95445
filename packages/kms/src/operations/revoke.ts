import type { RevocationReason } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { standardValue, withValue } from '../objects/attributes.js';
import type { ManagedObject, ObjectPart } from '../objects/managed-object.js';
import { stateAfter } from '../objects/state-machine.js';
import { changeOwnObject, type OperationContext } from './operation-context.js';

/**
 * Revoke (KMIP 1.1 section 4.20): an Active object becomes Deactivated; for a compromise any object that is not
 * destroyed becomes Compromised. Reason and dates are kept.
 */
export const revoke: OperationHandler<'Revoke', OperationContext> = async (request, call) => {
  const { revocationReason: reason, compromiseOccurrenceDate: occurredSeconds } = request;
  const { id } = await changeOwnObject(request.uniqueIdentifier, call, (object) =>
    revoked(object, call.nowMs, reason, occurredSeconds),
  );
  return { uniqueIdentifier: id };
};

/**
 * What revoking makes of an object.
 *
 * @param occurredSeconds when the compromise happened, in seconds since 1970; default the object's Initial Date
 * @throws KmsError NO_STATE, WRONG_STATE
 */
export function revoked(
  object: ManagedObject,
  nowMs: number,
  reason: RevocationReason,
  occurredSeconds?: number,
): ObjectPart {
  const seconds = Math.floor(nowMs / 1000);
  const isCompromise = reason.code === 'KeyCompromise' || reason.code === 'CACompromise';
  const state = stateAfter(object.type, object.state, isCompromise ? 'compromise' : 'deactivate');
  const reasoned = withValue(object.attributes, 'Revocation Reason', reason);
  const changed = withValue(reasoned, 'Last Change Date', seconds);
  if (!isCompromise) return { state, attributes: withValue(changed, 'Deactivation Date', seconds) };
  const occurred = occurredSeconds ?? standardValue(object, 'Initial Date') ?? seconds;
  const dated = withValue(changed, 'Compromise Date', seconds);
  return { state, attributes: withValue(dated, 'Compromise Occurrence Date', occurred) };
}
