import { type Attribute, attribute, attributeValue, type ProtocolVersion } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { allAttributes } from '../objects/attributes.js';
import { KmsError } from '../terms/errors.js';
import { type OperationContext, ownObject } from './operation-context.js';

/**
 * Get Attributes (KMIP 1.1 section 4.12): those of the wanted names that the object has, with all instances; without
 * names all of them. Destroyed objects answer too.
 */
export const getAttributes: OperationHandler<'GetAttributes', OperationContext> = async (request, call) => {
  const object = ownObject(request.uniqueIdentifier, call);
  const { attributeNames } = request;
  if (new Set(attributeNames).size < attributeNames.length) {
    throw new KmsError('ATTRIBUTE_REPEATED', 'An attribute is asked for twice.');
  }
  const found = allAttributes(object);
  const wanted =
    attributeNames.length === 0 ? found : attributeNames.flatMap((name) => found.filter((one) => one.name === name));
  return { uniqueIdentifier: object.id, attributes: forVersion(wanted, call.version) };
};

/** KMIP 1.0's Digest has no Key Format Type; attributes and fields whose tags are new in 1.1 are left out by kmip-lite. */
export function forVersion(attributes: readonly Attribute[], version: ProtocolVersion): Attribute[] {
  if (version.minor >= 1) return [...attributes];
  return attributes.map((one) => {
    if (one.name !== 'Digest') return one;
    const { keyFormatType: _, ...digest } = attributeValue('Digest', one);
    return attribute('Digest', digest, one.index);
  });
}
