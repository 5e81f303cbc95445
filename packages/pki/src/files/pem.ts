import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readCertificate } from '../certificate/certificate.js';
import { PkiError } from '../errors.js';

const LINE_CHARACTERS = 64;
const CERTIFICATE = /-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+?)-----END (?:X509 )?CERTIFICATE-----/g;
const REQUEST =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+?)-----END (?:NEW )?CERTIFICATE REQUEST-----/;

/** PEM (RFC 7468) of a certificate's DER, with a newline at its end, so that several can stand one after another. */
export function certificateToPem(der: Uint8Array): string {
  return new TextDecoder().decode(pem('CERTIFICATE', der));
}

/**
 * Reads the certificates of a PEM text, in their order; text between them is allowed, as openssl writes it.
 *
 * @returns DER of each, at least one
 * @throws PkiError MALFORMED
 */
export function certificatesFromPem(text: string): Uint8Array[] {
  const found = [...text.matchAll(CERTIFICATE)].map(([, body = '']) => Uint8Array.from(Buffer.from(body, 'base64')));
  if (found.length === 0) throw new PkiError('MALFORMED', undefined, 'There is no certificate in this PEM text.');
  for (const der of found) readCertificate(der);
  return found;
}

/** PEM of a certificate request's DER. */
export function certificateRequestToPem(der: Uint8Array): string {
  return new TextDecoder().decode(pem('CERTIFICATE REQUEST', der));
}

/**
 * Takes the DER of a certificate request out of a PEM text.
 *
 * @throws PkiError MALFORMED when there is none
 */
export function certificateRequestFromPem(text: string): Uint8Array {
  const body = REQUEST.exec(text)?.[1];
  if (body === undefined)
    throw new PkiError('MALFORMED', undefined, 'There is no certificate request in this PEM text.');
  return Uint8Array.from(Buffer.from(body, 'base64'));
}

/** PEM of a private key (PKCS#8, not encrypted) as bytes that the caller zeroes; a string could not be. */
export function privateKeyToPem(key: KeyObject): Uint8Array {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  try {
    return pem('PRIVATE KEY', der);
  } finally {
    der.fill(0);
  }
}

/**
 * Reads a private key in PEM.
 *
 * @param bytes the file's bytes; the caller zeroes them
 * @throws PkiError MALFORMED, also for an encrypted key
 */
export function privateKeyFromPem(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), format: 'pem' });
  } catch {
    throw new PkiError('MALFORMED', undefined, 'This is not a private key in PEM without a passphrase.');
  }
}

const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const NEWLINE = 0x0a;
const PADDING = 0x3d;

// Base64 by hand and into bytes: a private key must not pass through a string, which nobody can zero.
function pem(label: string, der: Uint8Array): Uint8Array {
  const begin = new TextEncoder().encode(`-----BEGIN ${label}-----\n`);
  const end = new TextEncoder().encode(`-----END ${label}-----\n`);
  const characters = Math.ceil(der.length / 3) * 4;
  const out = new Uint8Array(begin.length + characters + Math.ceil(characters / LINE_CHARACTERS) + end.length);
  out.set(begin);
  let at = begin.length;
  for (let from = 0, written = 0; from < der.length; from += 3) {
    const group = ((der[from] ?? 0) << 16) | ((der[from + 1] ?? 0) << 8) | (der[from + 2] ?? 0);
    for (let place = 0; place < 4; place++) {
      const isPadding = from + place > der.length;
      out[at++] = isPadding ? PADDING : (ALPHABET[(group >> (18 - 6 * place)) & 63] ?? 0);
      if (++written % LINE_CHARACTERS === 0) out[at++] = NEWLINE;
    }
    if (from + 3 >= der.length && written % LINE_CHARACTERS !== 0) out[at++] = NEWLINE;
  }
  out.set(end, at);
  return out;
}
