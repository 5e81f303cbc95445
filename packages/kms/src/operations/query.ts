import type { CapabilityInformation, QueryResponse } from '@vcryptsim/kmip-lite';
import type { OperationHandler, OperationTable } from '@vcryptsim/kmip-lite/server';
import { servedOperations } from '@vcryptsim/kmip-lite/server';
import type { OperationContext } from './operation-context.js';

/** Vendor Identification of every answer: the only place where vCenter shows who made its KMS (facts/kmip.md part 2). */
export const VENDOR_IDENTIFICATION = 'vcryptsim';

/** Everything but split keys. */
const OBJECT_TYPES = [
  'Certificate',
  'SymmetricKey',
  'PublicKey',
  'PrivateKey',
  'Template',
  'SecretData',
  'OpaqueObject',
] as const;

/** Batches go on after a failure and are not undone; a destroyed object's material is gone, its attributes stay. */
const CAPABILITIES: CapabilityInformation = {
  streaming: false,
  asynchronous: true,
  attestation: false,
  batchUndo: false,
  batchContinue: true,
  unwrapMode: 'NotProcessed',
  destroyAction: 'KeyMaterialDeleted',
  shreddingAlgorithm: 'Unsupported',
  rngMode: 'SharedInstantiation',
};

/**
 * Query (KMIP 1.1 section 4.25): what this server does, and nothing it does not.
 *
 * @param operations the table that is really served
 */
export function queryOf(
  operations: () => OperationTable<OperationContext>,
): OperationHandler<'Query', OperationContext> {
  return async ({ functions }): Promise<QueryResponse> => ({
    ...(functions.includes('QueryOperations') && { operations: servedOperations(operations()) }),
    ...(functions.includes('QueryObjects') && { objectTypes: OBJECT_TYPES }),
    ...(functions.includes('QueryServerInformation') && {
      vendorIdentification: VENDOR_IDENTIFICATION,
      serverInformation: [],
    }),
    ...(functions.includes('QueryRNGs') && { rngParameters: [{ rngAlgorithm: 'Unspecified' }] }),
    ...(functions.includes('QueryCapabilities') && { capabilities: [CAPABILITIES] }),
  });
}
