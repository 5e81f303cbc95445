import { createHash } from 'node:crypto';
import type { PeerCertificate } from '@vcryptsim/ports';
import { type CertificateParts, readCertificate, readCertificateToKeep } from '../certificate/certificate.js';
import type { CertificateValidity } from '../certificate/validity.js';

/**
 * Says what a certificate says about its owner, without judging it. The certificate is read whole.
 *
 * @param der DER of the certificate
 * @throws PkiError MALFORMED
 */
export function describeCertificate(der: Uint8Array): PeerCertificate {
  return readCertificate(der).peer;
}

/**
 * First and last moment of a certificate.
 *
 * @throws PkiError MALFORMED
 */
export function certificateValidity(der: Uint8Array): CertificateValidity {
  const { notBeforeMs, notAfterMs } = readCertificate(der);
  return { notBeforeMs, notAfterMs };
}

/**
 * Parts of a certificate as they are in it, for those who must repeat them byte by byte.
 *
 * @throws PkiError MALFORMED
 */
export function certificateParts(der: Uint8Array): CertificateParts {
  return readCertificateToKeep(der).parts;
}

/** SHA-256 of a certificate's DER in lower-case hex: what lists of revoked certificates hold. */
export function fingerprintSha256(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}
