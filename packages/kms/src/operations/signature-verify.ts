import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { isSignature } from '../cryptography/signatures.js';
import { KmsError } from '../terms/errors.js';
import type { OperationContext } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** Signature Verify (KMIP 1.2 section 4.32). */
export const signatureVerify: OperationHandler<'SignatureVerify', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data, signatureData, uniqueIdentifier } = request;
  if (request.digestedData)
    throw new KmsError('FEATURE_NOT_SUPPORTED', 'Digested Data cannot be verified here; send Data.');
  if (!data || !signatureData) throw new KmsError('FIELD_MISSING', 'Data or Signature Data is missing.');
  const use = { mask: 'Verify', purpose: 'process', lengthBytes: data.length } as const;
  const object = await keyForUse(uniqueIdentifier, call, use);
  const parameters = parametersFor(request.cryptographicParameters, object);
  const isValid = isSignature(object, parameters, data, signatureData);
  return { uniqueIdentifier: object.id, validityIndicator: isValid ? 'Valid' : 'Invalid' };
};
