import { PkiError } from './errors.js';
import { parseCertificate } from './peer-certificate.js';

/** Parts of a certificate as they stand in it, in DER; copies. */
export interface CertificateParts {
  /** INTEGER with its head. */
  readonly serialNumber: Uint8Array;
  /** Name, with its head. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Object identifier of the signature, `1.2.840.113549.1.1.11`. */
  readonly signatureAlgorithm: string;
}

const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
/** `[0] EXPLICIT Version`, which version 1 leaves out. */
const VERSION = 0xa0;

/**
 * Takes the parts out of a certificate (RFC 5280 section 4.1):
 *
 * ```
 * Certificate    SEQUENCE { TBSCertificate, signatureAlgorithm, signature }
 * TBSCertificate SEQUENCE { [0] version?, serialNumber, signature SEQUENCE { algorithm OID, ... }, issuer, validity, subject, ... }
 * ```
 *
 * @throws PkiError MALFORMED
 */
export function certificateParts(der: Uint8Array): CertificateParts {
  const [toBeSigned] = childrenOf(elementAt(Uint8Array.from(parseCertificate(der).raw)));
  const fields = toBeSigned === undefined ? [] : childrenOf(toBeSigned);
  if (fields[0]?.type === VERSION) fields.shift();
  const [serialNumber, signature, issuer, , subject] = fields;
  const [algorithm] = signature?.type === SEQUENCE ? childrenOf(signature) : [];
  if (!serialNumber || !issuer || !subject || algorithm?.type !== OBJECT_IDENTIFIER) {
    throw new PkiError('MALFORMED', undefined, 'The certificate lacks one of its fields.');
  }
  return {
    serialNumber: serialNumber.whole,
    issuer: issuer.whole,
    subject: subject.whole,
    signatureAlgorithm: dotted(algorithm.value),
  };
}

interface Element {
  readonly type: number;
  readonly whole: Uint8Array;
  readonly value: Uint8Array;
}

/** The elements inside an element. Their lengths were checked when the certificate was parsed. */
function childrenOf({ value }: Element): Element[] {
  const found: Element[] = [];
  let rest = value;
  while (rest.length > 0) {
    const element = elementAt(rest);
    found.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return found;
}

/** The element that begins there: type, length in one byte or in the bytes that it counts, value. */
function elementAt(der: Uint8Array): Element {
  const [type = 0, first = 0] = der;
  const countBytes = first < 0x80 ? 0 : first & 0x7f;
  const lengthBytes =
    countBytes === 0 ? first : der.subarray(2, 2 + countBytes).reduce((sum, byte) => sum * 256 + byte, 0);
  const valueAt = 2 + countBytes;
  return { type, whole: der.slice(0, valueAt + lengthBytes), value: der.slice(valueAt, valueAt + lengthBytes) };
}

/** Base-128 numbers, the first of which holds two (X.690 section 8.19). */
function dotted(value: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of value) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...others].join('.');
}
