import { X509Certificate } from 'node:crypto';
import { type Attribute, attribute, type CertificateType } from '@vcryptsim/kmip-lite';
import { distinguishedName } from '@vcryptsim/pki';
import { KmsError } from '../errors.js';

/**
 * What a certificate says of itself (KMIP 1.1 sections 3.8 to 3.15): type, length, issuer with serial number, subject,
 * and the length of its key in bits.
 *
 * @throws KmsError FIELD_INVALID when it is no X.509 certificate
 */
export function certificateAttributes(certificateType: CertificateType, der: Uint8Array): Attribute[] {
  if (certificateType !== 'X509') throw new KmsError('FEATURE_NOT_SUPPORTED', 'Certificates are X.509.');
  const certificate = parse(der);
  const issuer = distinguishedName(certificate.issuer);
  const subject = distinguishedName(certificate.subject);
  const { modulusLength, namedCurve } = certificate.publicKey.asymmetricKeyDetails ?? {};
  const lengthBits = modulusLength ?? (namedCurve === 'prime256v1' ? 256 : undefined);
  return [
    attribute('Certificate Type', certificateType),
    attribute('Certificate Length', der.length),
    attribute('Certificate Identifier', { issuer, serialNumber: certificate.serialNumber }),
    attribute('Certificate Issuer', { distinguishedName: issuer, alternativeNames: [] }),
    attribute('Certificate Subject', { distinguishedName: subject, alternativeNames: [] }),
    ...(lengthBits === undefined ? [] : [attribute('Cryptographic Length', lengthBits)]),
  ];
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new KmsError('FIELD_INVALID', 'The certificate cannot be read.');
  }
}
