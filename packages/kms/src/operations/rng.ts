import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { KmsError } from '../terms/errors.js';
import type { OperationContext } from './operation-context.js';

const MOST_BYTES = 65_536;

/** RNG Retrieve (KMIP 1.2 section 4.35): bytes of the server's entropy. */
export const rngRetrieve: OperationHandler<'RNGRetrieve', OperationContext> = async ({ dataLength }, call) => {
  if (dataLength < 0 || dataLength > MOST_BYTES) {
    throw new KmsError('FIELD_INVALID', `Data Length ${dataLength}: 0 to ${MOST_BYTES} bytes are drawn at once.`);
  }
  return { data: call.context.entropy.secret(dataLength, 'RNG Retrieve') };
};

/** RNG Seed (KMIP 1.2 section 4.36): a client's bytes are not stirred into the server's entropy, and it says so: 0 used. */
export const rngSeed: OperationHandler<'RNGSeed', OperationContext> = async () => ({ dataLength: 0 });
