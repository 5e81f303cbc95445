import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { PkiError } from './errors.js';
import { distinguishedName } from './peer-certificate.js';

/** Extensions whose meaning is taken into account here or in node:crypto (RFC 5280 section 4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  '2.5.29.14', // subject key identifier
  '2.5.29.15', // key usage
  '2.5.29.17', // subject alternative name
  '2.5.29.19', // basic constraints
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
]);

/**
 * Refuses a certificate with a critical extension that nobody here obeys (RFC 5280 section 4.2: it must be rejected).
 *
 * @throws PkiError MALFORMED
 */
export function refuseUnknownRules(certificate: X509Certificate): void {
  const unknown = read(certificate).extensions.find(
    (extension) => extension.critical && !UNDERSTOOD.has(extension.type),
  );
  if (!unknown) return;
  const subject = distinguishedName(certificate.subject);
  throw new PkiError('MALFORMED', subject, `Its critical extension ${unknown.type} is not understood.`);
}

/** How many intermediates may stand below an authority: its pathLenConstraint (RFC 5280 section 4.2.1.9), or no limit. */
export function roomBelow(authority: X509Certificate): number {
  return read(authority).getExtension(x509.BasicConstraintsExtension)?.pathLength ?? Number.POSITIVE_INFINITY;
}

function read(certificate: X509Certificate): x509.X509Certificate {
  try {
    return new x509.X509Certificate(certificate.raw);
  } catch {
    throw new PkiError('MALFORMED', distinguishedName(certificate.subject));
  }
}
