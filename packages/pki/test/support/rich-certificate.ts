import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { AROUND_NOON } from './lab.js';

/** Object identifiers of all extensions that the judge reads. */
export const READ_EXTENSIONS = ['14', '15', '17', '18', '19', '30', '32', '33', '35', '36', '37', '54'].map(
  (last) => `2.5.29.${last}`,
);

const der = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** An extension of each kind, in DER: what is inside the OCTET STRING. */
const VALUES: Readonly<Record<string, Uint8Array>> = {
  '2.5.29.14': der('04 04 01020304'),
  '2.5.29.15': der('03 02 05 a0'),
  // dns:a.example, 127.0.0.1, uri, mail, directory name O=x, other name, registered id
  '2.5.29.17': der(
    '30468209612e6578616d706c6587047f0000018609687474703a2f2f782f8103614062a40e300c310a3008060355040a0c0178a00e06032a0304a0070c0568656c6c6f88032a0304',
  ),
  '2.5.29.18': der('30 0b 8209612e6578616d706c65'),
  '2.5.29.19': der('30 03 0101ff'),
  '2.5.29.30': der('301da00d300b8209612e6578616d706c65a10c300a87080a000000ff000000'),
  '2.5.29.32': der('30 06 3004 06022a03'),
  '2.5.29.33': der('30 0a 3008 06022a03 06022a04'),
  '2.5.29.35': der('30 06 8004 01020304'),
  '2.5.29.36': der('30 03 800100'),
  '2.5.29.37': der('30 0a 06082b06010505070301'),
  '2.5.29.54': der('02 01 00'),
};

/** The DER of an extension of that kind, as it is when nobody broke it. */
export function extensionValue(oid: string): Uint8Array {
  return VALUES[oid] ?? new Uint8Array(0);
}

/** A certificate that signs itself, with these extensions. */
export async function certificateWith(extensions: readonly (readonly [oid: string, value: Uint8Array])[]) {
  keys ??= webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { publicKey, privateKey } = await keys;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '0102',
      subject: 'CN=mallory,O=x',
      issuer: 'CN=mallory,O=x',
      notBefore: new Date(AROUND_NOON.notBeforeMs),
      notAfter: new Date(AROUND_NOON.notAfterMs),
      publicKey,
      signingKey: privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: extensions.map(([oid, value]) => new x509.Extension(oid, false, value)),
    },
    webcrypto,
  );
  return new Uint8Array(certificate.rawData);
}

let keys: Promise<webcrypto.CryptoKeyPair> | undefined;
