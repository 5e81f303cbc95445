import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { blockCipher, encryptBytes } from '../cryptography/block-cipher.js';
import { standardValue } from '../objects/attributes.js';
import { KmsError } from '../terms/errors.js';
import { type OperationContext, ownObject } from './operation-context.js';
import { keyForUse, parametersFor, refuseParts } from './use-key.js';

/** Encrypt (KMIP 1.2 section 4.29), in one part, with a symmetric key that the client made or registered. */
export const encrypt: OperationHandler<'Encrypt', OperationContext> = async (request, call) => {
  refuseParts(request);
  const { data = new Uint8Array(), uniqueIdentifier } = request;
  const asked = ownObject(uniqueIdentifier, call);
  const parameters = parametersFor(request.cryptographicParameters, asked);
  const keyBytes = asked.material?.lengthBytes ?? 0;
  const cipher = blockCipher(standardValue(asked, 'Cryptographic Algorithm'), keyBytes, parameters);
  const drawn = parameters.randomIv === true && request.ivCounterNonce === undefined && cipher.ivBytes > 0;
  const ivCounterNonce = drawn ? call.context.entropy.public(cipher.ivBytes, 'IV') : request.ivCounterNonce;
  const object = await keyForUse(uniqueIdentifier, call, {
    mask: 'Encrypt',
    purpose: 'protect',
    lengthBytes: data.length,
  });
  if (object.type !== 'SymmetricKey') throw new KmsError('NOT_A_KEY', `A ${object.type} does not encrypt here.`);
  const additionalData = request.authenticatedEncryptionAdditionalData;
  const made = object.material?.use((key) => encryptBytes(cipher, key, { data, ivCounterNonce, additionalData }));
  return {
    uniqueIdentifier: object.id,
    data: made?.data,
    ...(drawn && { ivCounterNonce }),
    authenticatedEncryptionTag: made?.tag,
  };
};
