import { bigInteger, type Item, item, Tag } from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';

/*
 * PKCS#1 (RFC 8017 appendix A.1), DER:
 *   RSAPublicKey  ::= SEQUENCE { n, e }
 *   RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, d mod p-1, d mod q-1, q^-1 mod p }, all INTEGER
 */

/** Key Material of a transparent RSA private key (KMIP 1.1 section 2.1.7.4). The items hold copies. */
export function transparentRsaPrivateKey(pkcs1: Uint8Array): Item[] {
  const [, modulus, publicExponent, privateExponent, p, q, exponentP, exponentQ, coefficient] = integersOf(pkcs1);
  return [
    big(Tag.Modulus, modulus),
    big(Tag.PrivateExponent, privateExponent),
    big(Tag.PublicExponent, publicExponent),
    big(Tag.P, p),
    big(Tag.Q, q),
    big(Tag.PrimeExponentP, exponentP),
    big(Tag.PrimeExponentQ, exponentQ),
    big(Tag.CRTCoefficient, coefficient),
  ];
}

/** Key Material of a transparent RSA public key (KMIP 1.1 section 2.1.7.5). */
export function transparentRsaPublicKey(pkcs1: Uint8Array): Item[] {
  const [modulus, publicExponent] = integersOf(pkcs1);
  return [big(Tag.Modulus, modulus), big(Tag.PublicExponent, publicExponent)];
}

/** The content of each INTEGER of a SEQUENCE, which is two's complement and big-endian as KMIP wants it. */
function integersOf(der: Uint8Array): Uint8Array[] {
  const outer = element(der, 0);
  const integers: Uint8Array[] = [];
  for (let at = outer.startBytes; at < outer.endBytes; ) {
    const inner = element(der, at);
    integers.push(der.subarray(inner.startBytes, inner.endBytes));
    at = inner.endBytes;
  }
  return integers;
}

function element(der: Uint8Array, at: number): { startBytes: number; endBytes: number } {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return { startBytes: at + 2, endBytes: at + 2 + first };
  const count = first & 0x7f;
  const lengthBytes = der.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  return { startBytes: at + 2 + count, endBytes: at + 2 + count + lengthBytes };
}

function big(tag: number, integer: Uint8Array | undefined): Item {
  if (!integer) throw new KmsError('KEY_FORMAT_NOT_SUPPORTED', 'This key lacks a part of its transparent form.');
  const padded = new Uint8Array(Math.ceil(integer.length / 8) * 8);
  padded.set(integer, padded.length - integer.length);
  return item(tag, bigInteger(padded));
}
