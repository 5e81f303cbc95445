import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import type { OperationContext } from './operation-context.js';

/** Poll (KMIP 1.1 section 4.28): the answer of an operation that was pending. */
export const poll: OperationHandler<'Poll', OperationContext> = async (request, { context }) =>
  context.pending.poll(context.client, request.asynchronousCorrelationValue, context.work);

/** Cancel (KMIP 1.1 section 4.27): gives up an operation that is pending. */
export const cancel: OperationHandler<'Cancel', OperationContext> = async (request, { context }) => {
  const asynchronousCorrelationValue = Uint8Array.from(request.asynchronousCorrelationValue);
  const cancellationResult = context.pending.cancel(context.client, asynchronousCorrelationValue);
  return { asynchronousCorrelationValue, cancellationResult };
};
