import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CryptographicAlgorithm, CryptographicParameters, HashingAlgorithm } from '@vcryptsim/kmip-lite';
import { standardValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { hashName } from './hash-name.js';

const HASHES: Readonly<Partial<Record<CryptographicAlgorithm, HashingAlgorithm>>> = {
  HMACMD5: 'MD5',
  HMACSHA1: 'SHA1',
  HMACSHA224: 'SHA224',
  HMACSHA256: 'SHA256',
  HMACSHA384: 'SHA384',
  HMACSHA512: 'SHA512',
};

/**
 * The HMAC of data under a key. Which one: the parameters' Cryptographic Algorithm, else the key's, else their Hashing
 * Algorithm.
 *
 * @throws KmsError CRYPTOGRAPHIC_PARAMETERS
 */
export function macOf(object: ManagedObject, parameters: CryptographicParameters, data: Uint8Array): Uint8Array {
  const algorithm = parameters.cryptographicAlgorithm ?? standardValue(object, 'Cryptographic Algorithm');
  const hash = hashName((algorithm && HASHES[algorithm]) ?? parameters.hashingAlgorithm);
  if (!object.material) throw new KmsError('OBJECT_NOT_FOUND', 'The key was destroyed.');
  return object.material.use((key) => createHmac(hash, key).update(data).digest());
}

/** Compares two MACs in a time that tells nothing of where they differ; their lengths are no secret. */
export function sameMac(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
