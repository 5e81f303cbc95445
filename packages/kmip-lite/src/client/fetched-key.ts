import type { ManagedObject } from '../objects/managed-object.js';
import { KmipClientError } from './client-error.js';
import type { FetchedKey } from './kmip-session.js';

/**
 * Lets `take` have the bytes of a key that was answered in clear, after everything around them is found to be sound.
 *
 * @throws KmipClientError PROTOCOL for an object that is no Raw key, is wrapped, or is not as long as it says
 */
export function fetchedKey<T>(object: ManagedObject, take: (view: Uint8Array) => T): FetchedKey<T> {
  const wrong = (what: string) => new KmipClientError('PROTOCOL', `The server answered with ${what}.`);
  if (object.objectType !== 'SymmetricKey') throw wrong(`a ${object.objectType}, not a symmetric key`);
  const { keyFormatType, keyValue, keyWrappingData, cryptographicAlgorithm, cryptographicLength } = object.keyBlock;
  if (keyFormatType !== 'Raw') throw wrong(`a key in the format ${keyFormatType}, not Raw`);
  if (keyWrappingData !== undefined || keyValue instanceof Uint8Array) throw wrong('a wrapped key');
  const { keyMaterial } = keyValue;
  if (!(keyMaterial instanceof Uint8Array)) throw wrong('key material that is not a byte string');
  if (cryptographicAlgorithm === undefined || cryptographicLength === undefined) {
    throw wrong('a key without algorithm or length');
  }
  if (keyMaterial.length * 8 !== cryptographicLength) throw wrong('a key whose length is not that of its bytes');
  return {
    objectType: object.objectType,
    algorithm: cryptographicAlgorithm,
    lengthBits: cryptographicLength,
    taken: take(keyMaterial),
  };
}
