import { type Certificate, readCertificate } from '../certificate/certificate.js';
import { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';
import { asPlainText, formOf } from './file-form.js';
import { damagedForm, wrongForm } from './wrong-form.js';

const BLOCK = (labels: string) =>
  new RegExp(`-----BEGIN (${labels})-----([A-Za-z0-9+/=\\s]*?)-----END (?:${labels})-----`, 'g');
const CERTIFICATES = 'CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE';
const SIGNED_DATA = 'PKCS7|PKCS #7 SIGNED DATA|CMS';
const REQUESTS = 'CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST';

/**
 * Certificates of a file, in their order: PEM (with other text and keys beside them), DER, or PKCS#7 without content, as
 * `.p7b` files are, in either.
 *
 * @param file its name, for errors
 * @returns DER of each, read whole; at least one
 * @throws PkiError MALFORMED: what the file is instead, and the command that converts it
 */
export function certificatesFromFile(bytes: Uint8Array, file: string): Uint8Array[] {
  const plain = asPlainText(bytes);
  const found = formOf(plain, 'certificate');
  if (found.form !== 'certificate' && found.form !== 'PKCS#7') throw wrongForm(found, 'certificate', file);
  try {
    const blocks = found.encoding === 'DER' ? derBlocks(plain, found.form) : pemBlocks(plain, found.form);
    const ders = found.form === 'PKCS#7' ? blocks.flatMap(certificatesInSignedData) : blocks;
    if (ders.length === 0) throw new PkiError('MALFORMED', undefined, 'It holds no whole certificate.');
    const certificates = ders.map(readCertificate);
    return (found.form === 'PKCS#7' ? leafFirst(certificates) : certificates).map(({ der }) => der);
  } catch (error) {
    if (error instanceof PkiError) throw damagedForm(found, found.form, file, error.detail ?? '');
    throw error;
  }
}

/**
 * DER of the certificate request of a file in PEM or DER.
 *
 * @throws PkiError MALFORMED, as {@link certificatesFromFile}
 */
export function certificateRequestFromFile(bytes: Uint8Array, file: string): Uint8Array {
  const plain = asPlainText(bytes);
  const found = formOf(plain, 'certificate request');
  if (found.form !== 'certificate request') throw wrongForm(found, 'certificate request', file);
  const [request] = found.encoding === 'DER' ? [Uint8Array.from(plain)] : blocksOf(plain, REQUESTS);
  if (request === undefined) throw damagedForm(found, 'certificate request', file, 'Its END line is missing.');
  return request;
}

/** What some programs leave after DER: an end of line, the end mark of DOS, zeros to a whole sector. */
const PADDING: ReadonlySet<number> = new Set([0x00, 0x0a, 0x0d, 0x1a, 0x20]);

/** DER of each of several elements one after another, as `cat a.cer b.cer` makes them, without padding at the end. */
function derBlocks(bytes: Uint8Array, form: string): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let left = bytes;
  while (left.some((byte) => !PADDING.has(byte))) {
    if (blocks.length > 0 && left[0] !== 0x30) {
      throw new PkiError('MALFORMED', undefined, `${left.length} bytes follow the end of a ${form}.`);
    }
    const { whole } = DerElement.readFirst(left, `a ${form}`);
    blocks.push(Uint8Array.from(whole));
    left = left.subarray(whole.length);
  }
  return blocks;
}

function pemBlocks(bytes: Uint8Array, form: 'certificate' | 'PKCS#7'): Uint8Array[] {
  return blocksOf(bytes, form === 'certificate' ? CERTIFICATES : SIGNED_DATA);
}

function blocksOf(bytes: Uint8Array, labels: string): Uint8Array[] {
  // Private keys may be in the same file: only what is between the lines of a certificate is made a string of.
  const text = new TextDecoder('latin1').decode(withoutPrivateKeys(bytes));
  return [...text.matchAll(BLOCK(labels))].map(([, label = '', body = '']) => {
    const der = Uint8Array.from(Buffer.from(body, 'base64'));
    // `openssl x509 -trustout` writes what it trusts the certificate for after it.
    return label.startsWith('TRUSTED') ? DerElement.readFirst(der, 'a certificate').whole : der;
  });
}

/** Ends both lines around a private key. */
const KEY_MARK = new TextEncoder().encode('PRIVATE KEY-----');

/** The same bytes without those from the first line of each private key to its last. */
function withoutPrivateKeys(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(KEY_MARK); at >= 0; ) {
    const end = copy.indexOf(KEY_MARK, at + KEY_MARK.length);
    copy.fill(0x20, at, end < 0 ? copy.length : end);
    at = end < 0 ? -1 : copy.indexOf(KEY_MARK, end + KEY_MARK.length);
  }
  return copy;
}

/**
 * `ContentInfo SEQUENCE { OID signedData, [0] SignedData }` with `SignedData SEQUENCE { version, digestAlgorithms,
 * contentInfo, [0] certificates, ... }` (RFC 2315 section 9).
 */
function certificatesInSignedData(der: Uint8Array): Uint8Array[] {
  const [, content] = DerElement.readFirst(der, 'PKCS#7').childrenOf('sequence');
  const [signedData] = content?.children ?? [];
  const fields = signedData?.childrenOf('sequence') ?? [];
  const certificates = fields.find(({ contextTag }) => contextTag === 0)?.children ?? [];
  return certificates.map(({ whole }) => Uint8Array.from(whole));
}

/** PKCS#7 holds a set, in any order: whoever signed none of the others comes first, then its issuers one by one. */
function leafFirst(certificates: readonly Certificate[]): Certificate[] {
  const issued = (issuer: Certificate, other: Certificate) => issuer !== other && other.x509.checkIssued(issuer.x509);
  const left = [...certificates];
  const ordered: Certificate[] = [];
  let next = left.find((one) => !left.some((other) => issued(one, other)));
  while (next !== undefined) {
    const below = next;
    ordered.push(below);
    left.splice(left.indexOf(below), 1);
    next = left.find((one) => issued(one, below));
  }
  return [...ordered, ...left];
}
