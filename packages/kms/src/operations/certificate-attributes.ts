import type { KeyObject } from 'node:crypto';
import { type Attribute, attribute, type CertificateType, type DigitalSignatureAlgorithm } from '@vcryptsim/kmip-lite';
import { type KeptCertificate, PkiError, readCertificateToKeep } from '@vcryptsim/pki';
import { KmsError } from '../terms/errors.js';

/** Names of the signatures that certificates bear, by object identifier (RFC 8017, RFC 5758). */
const SIGNATURES: ReadonlyMap<string, DigitalSignatureAlgorithm> = new Map<string, DigitalSignatureAlgorithm>([
  ['1.2.840.113549.1.1.4', 'MD5WithRSA'],
  ['1.2.840.113549.1.1.5', 'SHA1WithRSA'],
  ['1.2.840.113549.1.1.10', 'RSASSAPSS'],
  ['1.2.840.113549.1.1.11', 'SHA256WithRSA'],
  ['1.2.840.113549.1.1.12', 'SHA384WithRSA'],
  ['1.2.840.113549.1.1.13', 'SHA512WithRSA'],
  ['1.2.840.10045.4.1', 'ECDSAWithSHA1'],
  ['1.2.840.10045.4.3.2', 'ECDSAWithSHA256'],
  ['1.2.840.10045.4.3.3', 'ECDSAWithSHA384'],
  ['1.2.840.10045.4.3.4', 'ECDSAWithSHA512'],
]);

/**
 * What a certificate says of itself (KMIP 1.1 sections 3.8 to 3.16): type, length, issuer with serial number and subject,
 * as text for 1.0 and in DER for 1.1, its signature, and the length of its key in bits.
 *
 * @throws KmsError FIELD_INVALID when it is no X.509 certificate
 */
export function certificateAttributes(certificateType: CertificateType, der: Uint8Array): Attribute[] {
  if (certificateType !== 'X509') throw new KmsError('FEATURE_NOT_SUPPORTED', 'Certificates are X.509.');
  const { parts, issuer, subject, publicKey, x509 } = read(der);
  const lengthBits = keyLengthBits(publicKey);
  const signature = SIGNATURES.get(parts.signatureAlgorithm);
  return [
    attribute('Certificate Type', certificateType),
    attribute('Certificate Length', der.length),
    attribute('X.509 Certificate Identifier', {
      issuerDistinguishedName: parts.issuer,
      certificateSerialNumber: parts.serialNumber,
    }),
    attribute('X.509 Certificate Subject', { distinguishedName: parts.subject, alternativeNames: [] }),
    attribute('X.509 Certificate Issuer', { distinguishedName: parts.issuer, alternativeNames: [] }),
    attribute('Certificate Identifier', { issuer, serialNumber: x509.serialNumber }),
    attribute('Certificate Issuer', { distinguishedName: issuer, alternativeNames: [] }),
    attribute('Certificate Subject', { distinguishedName: subject, alternativeNames: [] }),
    ...(signature === undefined ? [] : [attribute('Digital Signature Algorithm', signature)]),
    ...(lengthBits === undefined ? [] : [attribute('Cryptographic Length', lengthBits)]),
  ];
}

/**
 * Of an RSA key its modulus', of an EC key its curve's, whose name tells it: prime256v1, secp384r1. None for a key that
 * OpenSSL does not know or cannot read: to keep a certificate one need not use it.
 */
function keyLengthBits(publicKey: KeyObject | null): number | undefined {
  const { modulusLength, namedCurve = '' } = publicKey?.asymmetricKeyDetails ?? {};
  const [curveBits] = /\d{3}/.exec(namedCurve) ?? [];
  return modulusLength ?? (curveBits === undefined ? undefined : Number(curveBits));
}

/** Read whole, as a peer's certificate is: what is stored can be read for as long as it is stored. */
function read(der: Uint8Array): KeptCertificate {
  try {
    return readCertificateToKeep(der);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new KmsError('FIELD_INVALID', `The certificate cannot be read. ${error.detail ?? ''}`.trimEnd());
  }
}
