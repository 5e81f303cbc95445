import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { macOf, sameMac } from '../cryptography/macs.js';
import { KmsError } from '../terms/errors.js';
import type { OperationContext } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** MAC Verify (KMIP 1.2 section 4.34). */
export const macVerify: OperationHandler<'MACVerify', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data = new Uint8Array(), macData, uniqueIdentifier } = request;
  if (!macData) throw new KmsError('FIELD_MISSING', 'MAC Data is missing.');
  const use = { mask: 'MACVerify', purpose: 'process', lengthBytes: data.length } as const;
  const object = await keyForUse(uniqueIdentifier, call, use);
  const right = macOf(object, parametersFor(request.cryptographicParameters, object), data);
  return { uniqueIdentifier: object.id, validityIndicator: sameMac(right, macData) ? 'Valid' : 'Invalid' };
};
