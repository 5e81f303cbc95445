// Create Key Pair by curve (KMIP 1.1 sections 3.7 and 4.2): what node:crypto says of the halves that Get answers.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { type Attribute, attribute, type CryptographicDomainParameters, RecommendedCurve } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { blockOf, getObject, materialOf, reasonOf, withSession } from './support/session.js';

/** Each Recommended Curve of KMIP 1.1 (section 9.1.3.2.5) and OpenSSL's name for it. */
const CURVES = [
  ['P192', 'prime192v1'],
  ['K163', 'sect163k1'],
  ['B163', 'sect163r2'],
  ['P224', 'secp224r1'],
  ['K233', 'sect233k1'],
  ['B233', 'sect233r1'],
  ['P256', 'prime256v1'],
  ['K283', 'sect283k1'],
  ['B283', 'sect283r1'],
  ['P384', 'secp384r1'],
  ['K409', 'sect409k1'],
  ['B409', 'sect409r1'],
  ['P521', 'secp521r1'],
  ['K571', 'sect571k1'],
  ['B571', 'sect571r1'],
] as const;
const PRIME_LENGTHS = { P192: 192, P224: 224, P256: 256, P384: 384, P521: 521 } as const;

const algorithm = (name: 'ECDSA' | 'ECDH' | 'RSA' | 'AES') => attribute('Cryptographic Algorithm', name);
const length = (lengthBits: number) => attribute('Cryptographic Length', lengthBits);
const onCurve = (recommendedCurve: CryptographicDomainParameters['recommendedCurve']) =>
  attribute('Cryptographic Domain Parameters', { recommendedCurve });

const create = (session: KmipSession, ...attributes: Attribute[]) =>
  session.perform('CreateKeyPair', {
    common: { attributes },
    privateKey: { attributes: [attribute('Cryptographic Usage Mask', 1)] },
    publicKey: { attributes: [attribute('Cryptographic Usage Mask', 2)] },
  });

async function curveOf(session: KmipSession, privateId: string, publicId: string): Promise<string | undefined> {
  const privateBlock = blockOf(await getObject(session, privateId as KeyId, { keyFormatType: 'PKCS8' }));
  const publicBlock = blockOf(
    await getObject(session, publicId as KeyId, {
      keyFormatType: 'X509',
      keyCompressionType: 'ECPublicKeyTypeUncompressed',
    }),
  );
  const pkcs8 = { key: Buffer.from(materialOf(privateBlock)), format: 'der', type: 'pkcs8' } as const;
  const spki = { key: Buffer.from(materialOf(publicBlock)), format: 'der', type: 'spki' } as const;
  const publicKey = createPublicKey(spki);
  expect(createPublicKey(createPrivateKey(pkcs8)).equals(publicKey)).toBe(true);
  return publicKey.asymmetricKeyDetails?.namedCurve;
}

describe('a key pair by curve', () => {
  it('is made on each curve by its name, alone or with its length, and on a prime curve by its length', () =>
    withSession(async (session) => {
      const nist = Object.keys(RecommendedCurve).filter((curve) => /^[BKP]\d+$/.test(curve));
      expect(CURVES.map(([curve]) => curve)).toEqual(nist);
      for (const [curve, opensslName] of CURVES) {
        const lengthBits = Number(curve.slice(1));
        const ways = [[onCurve(curve)], [length(lengthBits), onCurve(curve)]];
        if (curve in PRIME_LENGTHS) ways.push([length(lengthBits)]);
        for (const wanted of ways) {
          const pair = await create(session, algorithm('ECDSA'), ...wanted);
          const ids = [pair.privateKeyUniqueIdentifier, pair.publicKeyUniqueIdentifier] as const;
          expect(await curveOf(session, ...ids)).toBe(opensslName);
          for (const uniqueIdentifier of ids) {
            const attributeNames = ['Cryptographic Length'];
            const { attributes } = await session.perform('GetAttributes', { uniqueIdentifier, attributeNames });
            expect(attributes).toEqual([length(lengthBits)]);
          }
        }
      }
    }));

  it('keeps its curve when it is made anew', () =>
    withSession(async (session) => {
      const pair = await create(session, algorithm('ECDH'), onCurve('P384'));
      const { privateKeyUniqueIdentifier: uniqueIdentifier } = pair;
      const fresh = await session.perform('ReKeyKeyPair', { uniqueIdentifier });
      const ids = [fresh.privateKeyUniqueIdentifier, fresh.publicKeyUniqueIdentifier] as const;
      expect(await curveOf(session, ...ids)).toBe('secp384r1');
    }));

  it('is refused when the attributes want none or contradict each other, and nothing is made', () =>
    withSession(async (session) => {
      const refused: Readonly<Record<string, Attribute[]>> = {
        'a length that no curve has': [algorithm('ECDSA'), length(160)],
        'a length and a curve that differ': [algorithm('ECDSA'), length(256), onCurve('P384')],
        'RSA on a curve': [algorithm('RSA'), length(2048), onCurve('P256')],
        'no pair at all': [algorithm('AES'), length(256)],
        'no algorithm': [length(256)],
      };
      for (const [why, wanted] of Object.entries(refused)) {
        expect(await reasonOf(create(session, ...wanted)), why).toBe('InvalidField');
      }
      expect((await session.perform('Locate', { attributes: [] })).uniqueIdentifiers).toEqual([]);
    }));
});
