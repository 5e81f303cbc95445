import { constants, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { CryptographicParameters, DigitalSignatureAlgorithm, HashingAlgorithm } from '@vcryptsim/kmip-lite';
import type { ManagedObject } from '../objects/managed-object.js';
import { KmsError } from '../terms/errors.js';
import { hashName } from './hash-name.js';
import { inFormat } from './key-formats.js';

/** What a Digital Signature Algorithm says in one word: hash, and padding for RSA. */
const BY_NAME: Readonly<Partial<Record<DigitalSignatureAlgorithm, readonly [HashingAlgorithm, 'PKCS1v15' | 'EC']>>> = {
  MD5WithRSA: ['MD5', 'PKCS1v15'],
  SHA1WithRSA: ['SHA1', 'PKCS1v15'],
  SHA224WithRSA: ['SHA224', 'PKCS1v15'],
  SHA256WithRSA: ['SHA256', 'PKCS1v15'],
  SHA384WithRSA: ['SHA384', 'PKCS1v15'],
  SHA512WithRSA: ['SHA512', 'PKCS1v15'],
  ECDSAWithSHA1: ['SHA1', 'EC'],
  ECDSAWithSHA224: ['SHA224', 'EC'],
  ECDSAWithSHA256: ['SHA256', 'EC'],
  ECDSAWithSHA384: ['SHA384', 'EC'],
  ECDSAWithSHA512: ['SHA512', 'EC'],
};

/** Of PSS, where the request does not say (KMIP 1.4 section 3.6, RFC 8017). */
const SALT_BYTES = 20;

/** Signs data with a private key. Throws KmsError CRYPTOGRAPHIC_PARAMETERS, CRYPTOGRAPHIC_FAILURE. */
export function signatureOf(object: ManagedObject, parameters: CryptographicParameters, data: Uint8Array): Uint8Array {
  const { hash, padding } = schemeOf(parameters);
  const saltLength = parameters.saltLength ?? SALT_BYTES;
  return withKey(object, 'PrivateKey', (key) => sign(hash, data, { key, ...paddingFor(key, padding, saltLength) }));
}

/** Says whether a signature is right, by a public key. Throws as {@link signatureOf}. */
export function isSignature(
  object: ManagedObject,
  parameters: CryptographicParameters,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { hash, padding } = schemeOf(parameters);
  const saltLength = parameters.saltLength ?? constants.RSA_PSS_SALTLEN_AUTO;
  return withKey(object, 'PublicKey', (key) =>
    verify(hash, data, { key, ...paddingFor(key, padding, saltLength) }, signature),
  );
}

function schemeOf(parameters: CryptographicParameters): { hash: string; padding: 'PKCS1v15' | 'PSS' } {
  const { digitalSignatureAlgorithm: algorithm, paddingMethod, hashingAlgorithm } = parameters;
  const known = algorithm && BY_NAME[algorithm];
  const isPss = algorithm === 'RSASSAPSS' || paddingMethod === 'PSS';
  if (algorithm !== undefined && known === undefined && !isPss) {
    throw new KmsError('CRYPTOGRAPHIC_PARAMETERS', `Digital Signature Algorithm ${algorithm} is not used here.`);
  }
  if (!isPss && paddingMethod !== undefined && paddingMethod !== 'PKCS1V15' && paddingMethod !== 'None') {
    throw new KmsError('CRYPTOGRAPHIC_PARAMETERS', `Padding Method ${paddingMethod} is not used for signatures here.`);
  }
  const isEc = parameters.cryptographicAlgorithm === 'ECDSA';
  const hash = known?.[0] ?? hashingAlgorithm ?? (isEc ? 'SHA256' : undefined);
  return { hash: hashName(hash), padding: isPss ? 'PSS' : 'PKCS1v15' };
}

function paddingFor(
  key: KeyObject,
  padding: 'PKCS1v15' | 'PSS',
  saltLength: number,
): { padding?: number; saltLength?: number } {
  if (key.asymmetricKeyType !== 'rsa') return {};
  if (padding === 'PKCS1v15') return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/** Lends one half of a pair to `work` as node:crypto knows it; the DER copy is zeroed. */
function withKey<T>(object: ManagedObject, type: 'PrivateKey' | 'PublicKey', work: (key: KeyObject) => T): T {
  const { form, material } = object;
  if (object.type !== type || form.kind !== 'key' || !material) {
    throw new KmsError('NOT_A_KEY', `A ${object.type} does not do this; a ${type} does.`);
  }
  const der = material.use((bytes) => inFormat(bytes, form, type === 'PrivateKey' ? 'PKCS8' : 'X509', type));
  if (!(der instanceof Uint8Array)) throw new KmsError('NOT_A_KEY', 'This key has no bytes to use.');
  try {
    const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
    return work(
      type === 'PrivateKey'
        ? createPrivateKey({ key, format: 'der', type: 'pkcs8' })
        : createPublicKey({ key, format: 'der', type: 'spki' }),
    );
  } catch (error) {
    if (error instanceof KmsError) throw error;
    throw new KmsError('CRYPTOGRAPHIC_FAILURE', 'The key cannot be used with these parameters.');
  } finally {
    der.fill(0);
  }
}
