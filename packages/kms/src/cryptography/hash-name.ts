import type { HashingAlgorithm } from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';

/** OpenSSL's names of the hashes that are served. */
const NAMES: Readonly<Partial<Record<HashingAlgorithm, string>>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
  SHA512224: 'sha512-224',
  SHA512256: 'sha512-256',
  SHA3224: 'sha3-224',
  SHA3256: 'sha3-256',
  SHA3384: 'sha3-384',
  SHA3512: 'sha3-512',
};

/** A hash as OpenSSL spells it. Throws KmsError CRYPTOGRAPHIC_PARAMETERS for one that is missing or not served. */
export function hashName(algorithm: HashingAlgorithm | undefined): string {
  const name = algorithm && NAMES[algorithm];
  if (name !== undefined) return name;
  throw new KmsError('CRYPTOGRAPHIC_PARAMETERS', `Hashing Algorithm ${algorithm ?? '(missing)'} is not used here.`);
}
