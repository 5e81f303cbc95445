import { type KeyObject, webcrypto } from 'node:crypto';
import type { KeyPair } from '@vcryptsim/ports';
import { PkiError } from '../errors.js';

type Algorithm = webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams;

/** How certificates are signed with a key of this kind: always with SHA-256. */
export interface SigningKeys {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly signingAlgorithm: { readonly name: string; readonly hash: string };
}

/**
 * Makes a key pair usable by WebCrypto, which @peculiar/x509 signs with. The private key passes through a DER buffer
 * that is zeroed at once; the WebCrypto key cannot be exported.
 *
 * @throws PkiError MALFORMED for a kind of key that certificates here do not use (RSA and NIST P-256 are)
 */
export async function signingKeys(pair: KeyPair): Promise<SigningKeys> {
  const algorithm = importAlgorithm(pair.privateKey);
  const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  try {
    const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    const publicKey = await subjectKey(pair.publicKey);
    return { privateKey, publicKey, signingAlgorithm: { name: algorithm.name, hash: 'SHA-256' } };
  } finally {
    der.fill(0);
  }
}

/** Makes a public key usable by WebCrypto, to stand in a certificate. Errors as {@link signingKeys}. */
export async function subjectKey(publicKey: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', der, importAlgorithm(publicKey), true, ['verify']);
}

function importAlgorithm(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    return { name: 'ECDSA', namedCurve: 'P-256' };
  }
  throw new PkiError('MALFORMED', undefined, 'Keys for certificates are RSA or EC P-256.');
}
