import { createHash } from 'node:crypto';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { hashName } from '../cryptography/hash-name.js';
import type { OperationContext } from './operation-context.js';
import { refuseParts } from './use-key.js';

/** Hash (KMIP 1.2 section 4.37), in one part. */
export const hash: OperationHandler<'Hash', OperationContext> = async (request) => {
  refuseParts(request);
  const name = hashName(request.cryptographicParameters.hashingAlgorithm);
  return {
    data: createHash(name)
      .update(request.data ?? new Uint8Array())
      .digest(),
  };
};
