import { createHash, X509Certificate } from 'node:crypto';
import type { PeerCertificate } from '@vcryptsim/ports';
import { PkiError } from './errors.js';

/**
 * Reads one certificate.
 *
 * @param der its DER
 * @throws PkiError MALFORMED
 */
export function parseCertificate(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new PkiError('MALFORMED', undefined, `These ${der.length} bytes are not an X.509 certificate.`);
  }
}

/**
 * Says what a certificate says about its owner, without judging it.
 *
 * @param der DER of the certificate
 * @throws PkiError MALFORMED
 */
export function describeCertificate(der: Uint8Array): PeerCertificate {
  return describe(parseCertificate(der));
}

/** The same for a certificate that is parsed already. */
export function describe(certificate: X509Certificate): PeerCertificate {
  return {
    subject: distinguishedName(certificate.subject),
    fingerprintSha256: sha256(certificate.raw),
    publicKeySha256: sha256(publicKeyDer(certificate)),
    alternativeNames: alternativeNames(certificate.subjectAltName),
    certificate: Uint8Array.from(certificate.raw),
  };
}

/** SHA-256 of a certificate's DER in lower-case hex: what lists of revoked certificates hold. */
export function fingerprintSha256(der: Uint8Array): string {
  return sha256(der);
}

/** First and last moment of a certificate, in milliseconds since 1970, both inclusive. */
export function validityOf(certificate: X509Certificate): {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
} {
  return { notBeforeMs: Date.parse(certificate.validFrom), notAfterMs: Date.parse(certificate.validTo) };
}

/** RFC 4514 text: Node gives one line per attribute, escaped by RFC 2253, in the order of the DER; RFC 4514 reverses it. */
export function distinguishedName(nodeText: string | undefined): string {
  return (nodeText ?? '').split('\n').reverse().join(',');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function publicKeyDer(certificate: X509Certificate): Uint8Array {
  try {
    return certificate.publicKey.export({ type: 'spki', format: 'der' });
  } catch {
    throw new PkiError('MALFORMED', distinguishedName(certificate.subject), 'Its public key cannot be read.');
  }
}

const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['DNS', 'dns'],
  ['IP Address', 'ip'],
  ['URI', 'uri'],
]);

/** Node joins names by comma and puts a name that holds one in JSON quotes, so that no name can pose as two. */
function alternativeNames(nodeText: string | undefined): string[] {
  const names: string[] = [];
  for (const [, kind = '', text = ''] of (nodeText ?? '').matchAll(
    /([A-Za-z ]+?):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g,
  )) {
    const prefix = PREFIXES.get(kind);
    if (prefix !== undefined) names.push(`${prefix}:${text.startsWith('"') ? JSON.parse(text) : text}`);
  }
  return names;
}
