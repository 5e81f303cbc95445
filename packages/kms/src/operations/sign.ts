import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { signatureOf } from '../cryptography/signatures.js';
import { KmsError } from '../terms/errors.js';
import type { OperationContext } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** Sign (KMIP 1.2 section 4.31): RSA with PKCS#1 v1.5 or PSS, or ECDSA, in one part. */
export const sign: OperationHandler<'Sign', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data, uniqueIdentifier } = request;
  if (request.digestedData)
    throw new KmsError('FEATURE_NOT_SUPPORTED', 'Digested Data cannot be signed here; send Data.');
  if (!data) throw new KmsError('FIELD_MISSING', 'Data is missing.');
  const use = { mask: 'Sign', purpose: 'protect', lengthBytes: data.length } as const;
  const object = await keyForUse(uniqueIdentifier, call, use);
  const signatureData = signatureOf(object, parametersFor(request.cryptographicParameters, object), data);
  return { uniqueIdentifier: object.id, signatureData };
};
