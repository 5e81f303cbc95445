import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { blockCipher, decryptBytes } from '../cryptography/block-cipher.js';
import { standardValue } from '../objects/attributes.js';
import { KmsError } from '../terms/errors.js';
import type { OperationContext } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** Decrypt (KMIP 1.2 section 4.30), in one part. A wrong tag and wrong padding are one failure. */
export const decrypt: OperationHandler<'Decrypt', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data = new Uint8Array(), uniqueIdentifier, ivCounterNonce, authenticatedEncryptionTag: tag } = request;
  const object = await keyForUse(uniqueIdentifier, call, {
    mask: 'Decrypt',
    purpose: 'process',
    lengthBytes: data.length,
  });
  if (object.type !== 'SymmetricKey') throw new KmsError('NOT_A_KEY', `A ${object.type} does not decrypt here.`);
  const parameters = parametersFor(request.cryptographicParameters, object);
  const keyBytes = object.material?.lengthBytes ?? 0;
  const cipher = blockCipher(standardValue(object, 'Cryptographic Algorithm'), keyBytes, parameters);
  const additionalData = request.authenticatedEncryptionAdditionalData;
  const input = { data, ivCounterNonce, additionalData };
  return { uniqueIdentifier: object.id, data: object.material?.use((key) => decryptBytes(cipher, key, input, tag)) };
};
