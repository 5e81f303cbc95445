import { answerDiscoverVersions, type SpokenOperation } from '@vcryptsim/kmip-lite';
import type { OperationHandler, OperationTable } from '@vcryptsim/kmip-lite/server';
import { asKmipError } from '../result-reason.js';
import { activate } from './activate.js';
import { addAttribute } from './add-attribute.js';
import { create } from './create.js';
import { get } from './get.js';
import { getAttributes } from './get-attributes.js';
import type { OperationContext } from './operation-context.js';
import { queryOf } from './query.js';

/** What this key server serves. Query tells the same; everything else is answered with Operation Not Supported. */
export function operationTable(): OperationTable<OperationContext> {
  const table: OperationTable<OperationContext> = {
    Create: answering(create),
    Get: answering(get),
    GetAttributes: answering(getAttributes),
    AddAttribute: answering(addAttribute),
    Activate: answering(activate),
    Query: queryOf(() => table),
    DiscoverVersions: async (request) => answerDiscoverVersions(request),
  };
  return table;
}

/** Turns refusals into what the client is told. */
function answering<Name extends SpokenOperation>(
  handler: OperationHandler<Name, OperationContext>,
): OperationHandler<Name, OperationContext> {
  return async (request, call) => {
    try {
      return await handler(request, call);
    } catch (error) {
      throw asKmipError(error);
    }
  };
}
