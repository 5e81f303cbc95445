import type { ECKeyPairKeyObjectOptions, RSAKeyPairKeyObjectOptions } from 'node:crypto';
import type { KeyPairKind, NistCurve } from '../key-pairs.js';

/** OpenSSL's names of the NIST curves. */
const OPENSSL_CURVES: Readonly<Record<NistCurve, string>> = {
  p192: 'prime192v1',
  p224: 'secp224r1',
  p256: 'prime256v1',
  p384: 'secp384r1',
  p521: 'secp521r1',
  k163: 'sect163k1',
  k233: 'sect233k1',
  k283: 'sect283k1',
  k409: 'sect409k1',
  k571: 'sect571k1',
  b163: 'sect163r2',
  b233: 'sect233r1',
  b283: 'sect283r1',
  b409: 'sect409r1',
  b571: 'sect571r1',
};

/** What OpenSSL is asked for, to make a pair of that kind. */
export function opensslOptions(
  kind: KeyPairKind,
): ['ec', ECKeyPairKeyObjectOptions] | ['rsa', RSAKeyPairKeyObjectOptions] {
  const [, size = ''] = kind.split('-');
  return kind.startsWith('ec-')
    ? ['ec', { namedCurve: OPENSSL_CURVES[size as NistCurve] }]
    : ['rsa', { modulusLength: Number(size), publicExponent: 0x10001 }];
}
