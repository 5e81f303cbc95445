import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Entropy } from '@vcryptsim/ports';

/** What a certificate's owner does with it; it becomes the extended key usage. */
export type CertificateUsage = 'server' | 'client' | 'server-and-client';

/** From when to when a certificate is valid, in milliseconds since 1970, whole seconds (fractions are cut off). */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const USAGES: Readonly<Record<CertificateUsage, x509.ExtendedKeyUsage[]>> = {
  server: [x509.ExtendedKeyUsage.serverAuth],
  client: [x509.ExtendedKeyUsage.clientAuth],
  'server-and-client': [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
};

/** Extended key usage, or nothing where none is wanted (a real vCenter's own client certificate has none). */
export function usageExtensions(usage: CertificateUsage | undefined): x509.Extension[] {
  return usage === undefined ? [] : [new x509.ExtendedKeyUsageExtension(USAGES[usage])];
}

/** Subject alternative names from `dns:NAME`, `ip:ADDRESS` and `uri:URI`; a name without a prefix is told apart by its look. */
export function nameExtensions(alternativeNames: readonly string[]): x509.Extension[] {
  if (alternativeNames.length === 0) return [];
  return [new x509.SubjectAlternativeNameExtension(alternativeNames.map(generalName))];
}

/** Extensions of an authority: it may sign certificates and requests, and nothing but leaves stands below it. */
export function authorityExtensions(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

/** Extensions of a leaf: it signs handshakes, and with RSA also takes part in the key exchange of old suites. */
export function leafExtensions(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
  ];
}

/**
 * Distinguished name of RFC 4514 text, whose last part stands first in the certificate; @peculiar/x509 keeps the order
 * of the text.
 */
export function nameOf(subject: string): x509.JsonName {
  return new x509.Name(subject).toJSON().reverse();
}

/** RFC 4514 text of a distinguished name. */
export function nameText(name: x509.Name): string {
  return new x509.Name(name.toJSON().reverse()).toString();
}

/** A serial number as RFC 5280 section 4.1.2.2 wants it: positive, up to 20 bytes, not to be guessed; in hex. */
export function drawSerialNumber(entropy: Entropy): string {
  const bytes = entropy.public(16, 'certificate serial number');
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The two dates in the form the generator wants. */
export function validityDates(validity: Validity): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: wholeSecond(validity.notBeforeMs), notAfter: wholeSecond(validity.notAfterMs) };
}

function wholeSecond(timeMs: number): Date {
  return new Date(Math.floor(timeMs / 1000) * 1000);
}

/** Says whether a name is an IP address by its look; no host name has this one. */
export function looksLikeAddress(name: string): boolean {
  return /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i.test(name);
}

function generalName(text: string): x509.GeneralName {
  const [, prefix, name = text] = /^(dns|ip|uri):(.*)$/.exec(text) ?? [];
  if (prefix === 'uri') return new x509.GeneralName('url', name);
  return new x509.GeneralName(prefix === 'ip' || (prefix === undefined && looksLikeAddress(name)) ? 'ip' : 'dns', name);
}
