import { type Attribute, CryptographicUsageMask, firstValue } from '@vcryptsim/kmip-lite';
import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import { digestAttribute } from '../objects/attributes.js';
import { KeyMaterial } from '../objects/key-material.js';
import { KmsError } from '../terms/errors.js';
import { makeObject, type NewObject, wantedAttributes } from './new-object.js';
import type { OperationContext } from './operation-context.js';
import { materialBytes, setDesParity } from './symmetric-lengths.js';

const KNOWN_USAGE = Object.values(CryptographicUsageMask).reduce((mask, bit) => mask | bit, 0);

/** Create (KMIP 1.1 section 4.1): draws a symmetric key. It is Pre-Active unless its Activation Date has come. */
export const create: OperationHandler<'Create', OperationContext> = async (request, call) => {
  const { context } = call;
  if (request.objectType !== 'SymmetricKey') throw invalid(`Create makes symmetric keys, not ${request.objectType}.`);
  const object = makeObject(drawKey(wantedAttributes(request.templateAttribute, call), context), call);
  await context.store.add(object);
  context.events.emit({ type: 'KEY_CREATED', keyId: object.id, client: context.client });
  return { objectType: 'SymmetricKey', uniqueIdentifier: object.id };
};

/**
 * Draws a symmetric key as its attributes want it.
 *
 * @throws KmsError FIELD_MISSING without algorithm, length or usage mask; FIELD_INVALID when there is no such key
 */
export function drawKey(wanted: readonly Attribute[], context: OperationContext): NewObject {
  const algorithm = firstValue('Cryptographic Algorithm', wanted);
  const lengthBits = firstValue('Cryptographic Length', wanted);
  const usageMask = firstValue('Cryptographic Usage Mask', wanted);
  if (algorithm === undefined || lengthBits === undefined || usageMask === undefined) {
    const needed = 'Cryptographic Algorithm, Cryptographic Length and Cryptographic Usage Mask';
    throw new KmsError('FIELD_MISSING', `A new key needs ${needed}.`);
  }
  if ((usageMask & ~KNOWN_USAGE) !== 0) throw invalid('The usage mask has undefined bits.');
  const lengthBytes = materialBytes(algorithm, lengthBits);
  if (lengthBytes === null) throw invalid(`There is no ${algorithm} key of ${lengthBits} bits.`);
  const bytes = context.entropy.secret(lengthBytes, 'kek');
  try {
    if (algorithm === 'DES3') setDesParity(bytes);
    const attributes = [...wanted, digestAttribute(bytes, 'Raw')];
    const form = { kind: 'key', keyFormatType: 'Raw', isStructure: false } as const;
    return { type: 'SymmetricKey', form, material: KeyMaterial.take(bytes), attributes };
  } finally {
    bytes.fill(0);
  }
}

function invalid(message: string): KmsError {
  return new KmsError('FIELD_INVALID', message);
}
