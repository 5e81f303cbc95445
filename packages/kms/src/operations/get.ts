import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { refuseCompression } from '../cryptography/key-formats.js';
import { standardValue, withValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { keyBlockOf, wireObject } from './object-presentation.js';
import { changeOwnObject, type OperationContext, ownObject, refuseArchived } from './operation-context.js';
import { wrapKeyBlock } from './wrap-key-block.js';

/**
 * Get (KMIP 1.1 section 4.11): the object's bytes, in clear or under a wrapping key. In every state until it is
 * destroyed: Deactivated and Compromised keys are still needed to decrypt.
 */
export const get: OperationHandler<'Get', OperationContext> = async (request, call) => {
  const { uniqueIdentifier, keyFormatType, keyCompressionType, keyWrappingSpecification } = request;
  const object = ownObject(uniqueIdentifier, call);
  refuseArchived(object);
  if (!object.material) throw new KmsError('OBJECT_NOT_FOUND', 'The object was destroyed.');
  refuseCompression(keyCompressionType);
  const block = keyBlockOf(object, keyFormatType);
  if (!block && keyFormatType) throw new KmsError('KEY_FORMAT_NOT_SUPPORTED', `A ${object.type} has no key format.`);
  if (!block && keyWrappingSpecification) throw new KmsError('NOT_A_KEY', `A ${object.type} is not wrapped.`);
  const shown = block && keyWrappingSpecification ? wrapKeyBlock(block, object, keyWrappingSpecification, call) : block;
  // A follower's Fresh is the leader's: it says whether the material was ever given out there.
  if (call.context.store.takesChanges && standardValue(object, 'Fresh')) {
    const change = ({ attributes }: ManagedObject) => ({ attributes: withValue(attributes, 'Fresh', false) });
    await changeOwnObject(uniqueIdentifier, call, change);
  }
  const { client, node, events } = call.context;
  events.emit({ type: 'KEY_SERVED', keyId: object.id, client, node });
  return { uniqueIdentifier: object.id, object: wireObject(object, shown) };
};
