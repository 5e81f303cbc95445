import { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';

/** What a file of certificates or keys turns out to be. */
export type FileForm =
  | 'nothing'
  | 'certificate'
  | 'certificate request'
  | 'revocation list'
  | 'PKCS#7'
  | 'PKCS#12'
  | 'private key'
  | 'encrypted private key'
  | 'OpenSSH key'
  | 'public key'
  | 'Java key store'
  | 'bare base64'
  | 'damaged DER'
  | 'PEM of another kind'
  | 'text'
  | 'unknown';

/** A form, and how it was written down. */
export interface FoundForm {
  readonly form: FileForm;
  readonly encoding: 'PEM' | 'DER' | 'other';
}

const MARK = new TextEncoder().encode('-----BEGIN ');
const ENCRYPTED_HEADER = new TextEncoder().encode('Proc-Type: 4,ENCRYPTED');
const LABEL_BYTES_MAX = 64;
const DASH = 0x2d;
/** First byte of DER. It is also the digit 0; a second byte from here on is that of no text. */
const SEQUENCE = 0x30;
const NO_TEXT = 0x80;
const SIGNED_DATA = '1.2.840.113549.1.7.2';
/** Of PKCS#5 and PKCS#12: how a private key is encrypted. */
const ENCRYPTION = /^1\.2\.840\.113549\.1\.(?:5|12)\./;
/** Magic numbers of JKS and JCEKS. */
const JAVA_KEY_STORES: ReadonlySet<number> = new Set([0xfeedfeed, 0xcececece]);

/**
 * Tells what the bytes of a file are by looking at them. A private key is never made a string of; only labels are.
 * Several kinds may be in one PEM file, as a certificate with its key: `wanted` is looked for first.
 */
export function formOf(bytes: Uint8Array, wanted: FileForm): FoundForm {
  if (bytes.every((byte) => byte <= 0x20)) return { form: 'nothing', encoding: 'other' };
  const labels = pemLabels(bytes);
  if (labels.length > 0) {
    const forms = labels.map((label) => formOfLabel(label, bytes));
    return { form: forms.find((form) => form === wanted) ?? forms[0] ?? 'unknown', encoding: 'PEM' };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && JAVA_KEY_STORES.has(view.getUint32(0))) return { form: 'Java key store', encoding: 'other' };
  const form = formOfDer(bytes);
  if (form !== null) return { form, encoding: 'DER' };
  const isText = bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f));
  if (!isText) return { form: 'unknown', encoding: 'other' };
  return { form: isBareBase64(bytes) ? 'bare base64' : 'text', encoding: 'other' };
}

/** Texts of Windows often come as UTF-16 or with a mark before them; PEM is plain ASCII. Answers the bytes to read. */
export function asPlainText(bytes: Uint8Array): Uint8Array {
  const [first, second, third, fourth] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3);
  if (first === 0xff && second === 0xfe) return bytes.filter((_, at) => at >= 2 && at % 2 === 0);
  if (first === 0xfe && second === 0xff) return bytes.filter((_, at) => at >= 2 && at % 2 === 1);
  // UTF-16 without a mark, as it begins with `-` or another character of ASCII.
  if (second === 0 && third !== 0 && fourth === 0) return bytes.filter((_, at) => at % 2 === 0);
  return bytes;
}

function pemLabels(bytes: Uint8Array): string[] {
  const labels: string[] = [];
  for (let at = indexOf(bytes, MARK, 0); at >= 0; at = indexOf(bytes, MARK, at + 1)) {
    const label = bytes.subarray(at + MARK.length, at + MARK.length + LABEL_BYTES_MAX);
    const end = label.indexOf(DASH);
    if (end > 0) labels.push(new TextDecoder('latin1').decode(label.subarray(0, end)));
  }
  return labels;
}

function formOfLabel(label: string, bytes: Uint8Array): FileForm {
  switch (label) {
    case 'CERTIFICATE':
    case 'X509 CERTIFICATE':
    case 'TRUSTED CERTIFICATE':
      return 'certificate';
    case 'CERTIFICATE REQUEST':
    case 'NEW CERTIFICATE REQUEST':
      return 'certificate request';
    case 'X509 CRL':
      return 'revocation list';
    case 'PKCS7':
    case 'PKCS #7 SIGNED DATA':
    case 'CMS':
      return 'PKCS#7';
    case 'PKCS12':
      return 'PKCS#12';
    case 'ENCRYPTED PRIVATE KEY':
      return 'encrypted private key';
    case 'OPENSSH PRIVATE KEY':
      return 'OpenSSH key';
    case 'PRIVATE KEY':
      return 'private key';
    case 'RSA PRIVATE KEY':
    case 'EC PRIVATE KEY':
    case 'DSA PRIVATE KEY':
      return indexOf(bytes, ENCRYPTED_HEADER, 0) >= 0 ? 'encrypted private key' : 'private key';
    case 'PUBLIC KEY':
    case 'RSA PUBLIC KEY':
      return 'public key';
    default:
      return 'PEM of another kind';
  }
}

/** All that is read here is a SEQUENCE; null for what does not begin as one, or may be a text. */
function formOfDer(bytes: Uint8Array): FileForm | null {
  const [first = 0, second = 0] = bytes;
  if (first !== SEQUENCE) return null;
  try {
    return formOfElement(DerElement.readFirst(bytes, 'DER'));
  } catch (error) {
    if (error instanceof PkiError) return second >= NO_TEXT ? 'damaged DER' : null;
    throw error;
  }
}

function formOfElement(element: DerElement): FileForm {
  if (!element.is('sequence')) return 'unknown';
  const [first, second, third] = element.children;
  if (first === undefined || second === undefined) return 'unknown';
  if (first.is('objectIdentifier')) return first.objectIdentifier() === SIGNED_DATA ? 'PKCS#7' : 'unknown';
  if (first.is('integer')) return formOfNumbered(second, third);
  if (!first.is('sequence')) return 'unknown';
  const [id] = first.children;
  if (second.is('bitString')) return 'public key';
  if (second.is('octetString')) {
    return id?.is('objectIdentifier') && ENCRYPTION.test(id.objectIdentifier()) ? 'encrypted private key' : 'unknown';
  }
  return third?.is('bitString') ? formOfSigned(first.children) : 'unknown';
}

/** What begins with a version. */
function formOfNumbered(second: DerElement, third: DerElement | undefined): FileForm {
  if (second.is('octetString')) return 'private key'; // SEC1
  if (second.is('integer')) return third === undefined ? 'public key' : 'private key'; // PKCS#1
  if (!second.is('sequence')) return 'unknown';
  return third?.is('octetString') ? 'private key' : 'PKCS#12'; // PKCS#8, or AuthenticatedSafe
}

/** Certificates, requests and revocation lists: what is signed, how, and the signature. */
function formOfSigned(fields: readonly DerElement[]): FileForm {
  const [first, second, third, fourth] = fields;
  if (first?.contextTag === 0 || (first?.is('integer') && fields.length >= 6)) return 'certificate';
  if (first?.is('integer') && (fourth === undefined || fourth.contextTag === 0)) return 'certificate request';
  const dates = [second, third, fourth].filter((field) => field?.is('utcTime') || field?.is('generalizedTime'));
  return dates.length > 0 ? 'revocation list' : 'unknown';
}

function isBareBase64(bytes: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 4096)).replace(/\s/g, '');
  // A SEQUENCE, as every certificate and key begins: 0x30, then its length.
  return /^M[A-P][A-Za-z0-9+/]{40,}=*$/.test(text);
}

function indexOf(bytes: Uint8Array, part: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(part, from);
}
