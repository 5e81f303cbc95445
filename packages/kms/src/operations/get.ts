import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { standardValue } from '../attributes.js';
import { KmsError } from '../errors.js';
import { type OperationContext, ownObject, refuseArchived } from './operation-context.js';

/** Get (KMIP 1.1 section 4.11): a key's bytes, Raw and in clear. In every state until it is destroyed. */
export const get: OperationHandler<'Get', OperationContext> = async (request, call) => {
  const object = ownObject(request.uniqueIdentifier, call);
  refuseArchived(object);
  const { id, material } = object;
  if (!material) throw new KmsError('OBJECT_NOT_FOUND', 'The object was destroyed.');
  const { keyFormatType = 'Raw', keyCompressionType, keyWrappingSpecification } = request;
  if (keyFormatType !== 'Raw') throw new KmsError('KEY_FORMAT_NOT_SUPPORTED', `Keys are Raw, not ${keyFormatType}.`);
  if (keyCompressionType) throw new KmsError('KEY_COMPRESSION_NOT_SUPPORTED', 'Symmetric keys are not compressed.');
  if (keyWrappingSpecification) throw new KmsError('FEATURE_NOT_SUPPORTED', 'Keys are not wrapped yet.');
  call.context.events.emit({ type: 'KEY_SERVED', keyId: id, client: call.context.client, node: call.context.node });
  return {
    uniqueIdentifier: id,
    object: {
      objectType: 'SymmetricKey',
      keyBlock: {
        keyFormatType,
        // The server side of kmip-lite zeroes the copy once the answer is encoded.
        keyValue: { keyMaterial: material.use((bytes) => Uint8Array.from(bytes)) },
        cryptographicAlgorithm: standardValue(object, 'Cryptographic Algorithm'),
        cryptographicLength: standardValue(object, 'Cryptographic Length'),
      },
    },
  };
};
