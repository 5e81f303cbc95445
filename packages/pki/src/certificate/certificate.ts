import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { PeerCertificate } from '@vcryptsim/ports';
import { DerElement } from '../der-element.js';
import { PkiError } from '../errors.js';
import { type CertificateExtensions, NO_EXTENSIONS, readExtensions } from './extensions.js';
import { nameText, type RelativeName, readName } from './general-name.js';
import { type CertificateValidity, readValidity } from './validity.js';

/**
 * A certificate that was read whole, once: whatever in it can fail to be read has failed before there is one of these.
 */
export interface Certificate extends KeptCertificate {
  readonly publicKey: KeyObject;
  /** What it says about its owner. */
  readonly peer: PeerCertificate;
}

/** The same of a certificate that is kept and repeated, and need not be used: OpenSSL may not know its kind of key. */
export interface KeptCertificate extends CertificateValidity {
  /** Copy of its DER. */
  readonly der: Uint8Array;
  readonly fingerprintSha256: string;
  /** RFC 4514 text. */
  readonly subject: string;
  readonly issuer: string;
  /** Its subject as rules about names compare it. */
  readonly subjectNames: readonly RelativeName[];
  readonly publicKey: KeyObject | null;
  readonly extensions: CertificateExtensions;
  readonly parts: CertificateParts;
  /** OpenSSL's view of it: who issued it, by which signature, for which host. */
  readonly x509: X509Certificate;
}

/** Parts of a certificate as they are in it, in DER; copies. */
export interface CertificateParts {
  /** INTEGER with its head. */
  readonly serialNumber: Uint8Array;
  /** Name, with its head. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Object identifier of the signature, `1.2.840.113549.1.1.11`. */
  readonly signatureAlgorithm: string;
}

/**
 * Reads one certificate with everything in it: names, dates, public key, each extension that is taken into account.
 *
 * @param der its DER, to the last byte
 * @throws PkiError MALFORMED and nothing else, with the part that cannot be read
 */
export function readCertificate(der: Uint8Array): Certificate {
  return guarded(() => {
    const kept = read(Uint8Array.from(der));
    const { publicKey, subject, fingerprintSha256, extensions } = kept;
    if (publicKey === null) throw new PkiError('MALFORMED', subject, 'Its public key cannot be read.');
    const peer = {
      ...{ subject, fingerprintSha256, certificate: kept.der },
      publicKeySha256: sha256(publicKey.export({ type: 'spki', format: 'der' })),
      alternativeNames: extensions.alternativeNames.map(nameText).filter((name) => name !== null),
    };
    return { ...kept, publicKey, peer };
  });
}

/**
 * The same without the public key being wanted.
 *
 * @throws PkiError MALFORMED and nothing else
 */
export function readCertificateToKeep(der: Uint8Array): KeptCertificate {
  return guarded(() => read(Uint8Array.from(der)));
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PkiError) throw error;
    // A library's own exception: the certificate made it fail, whatever the reason.
    const reason = error instanceof Error ? error.name : 'unknown';
    throw new PkiError('MALFORMED', undefined, `The certificate cannot be read (${reason}).`);
  }
}

function read(der: Uint8Array): KeptCertificate {
  const fields = readFields(der);
  const x509 = openedByOpenSsl(der);
  const subject = distinguishedName(x509.subject);
  const issuer = distinguishedName(x509.issuer);
  return { der, fingerprintSha256: sha256(der), subject, issuer, publicKey: publicKeyOf(x509), x509, ...fields };
}

/**
 * RFC 5280 section 4.1:
 *
 * ```
 * Certificate    SEQUENCE { TBSCertificate, signatureAlgorithm, signature BIT STRING }
 * TBSCertificate SEQUENCE { [0] version?, serialNumber, signature SEQUENCE { OID, ... }, issuer, validity, subject,
 *                           subjectPublicKeyInfo, [1] issuerUniqueID?, [2] subjectUniqueID?, [3] extensions? }
 * ```
 */
function readFields(der: Uint8Array): CertificateValidity & Pick<Certificate, 'subjectNames' | 'extensions' | 'parts'> {
  const [body, algorithm, signature, ...beyond] = DerElement.read(der, 'a certificate').childrenOf('sequence');
  const fields = body?.childrenOf('sequence') ?? [];
  if (fields[0]?.contextTag === 0) fields.shift();
  const [serialNumber, signedBy, issuer, validity, subject, publicKey, ...rest] = fields;
  if (!algorithm || !signature || beyond.length > 0 || !serialNumber || !signedBy) throw lacking();
  if (!issuer || !validity || !subject || !publicKey) throw lacking();
  serialNumber.primitive('integer');
  signature.primitive('bitString');
  publicKey.childrenOf('sequence');
  readName(issuer);
  const [extensions] = rest.find(({ contextTag }) => contextTag === 3)?.children ?? [];
  const [signatureId] = signedBy.childrenOf('sequence');
  if (!signatureId) throw lacking();
  return {
    ...readValidity(validity),
    subjectNames: readName(subject),
    extensions: extensions === undefined ? NO_EXTENSIONS : readExtensions(extensions),
    parts: {
      serialNumber: Uint8Array.from(serialNumber.whole),
      issuer: Uint8Array.from(issuer.whole),
      subject: Uint8Array.from(subject.whole),
      signatureAlgorithm: signatureId.objectIdentifier(),
    },
  };
}

function lacking(): PkiError {
  return new PkiError('MALFORMED', undefined, 'The certificate lacks one of its fields.');
}

function openedByOpenSsl(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new PkiError('MALFORMED', undefined, `These ${der.length} bytes are not an X.509 certificate.`);
  }
}

/** Node reads the key only when it is asked for. */
function publicKeyOf(x509: X509Certificate): KeyObject | null {
  try {
    return x509.publicKey;
  } catch {
    return null;
  }
}

/** RFC 4514 text: Node gives one line per attribute, escaped by RFC 2253, in the order of the DER; RFC 4514 reverses it. */
export function distinguishedName(nodeText: string | undefined): string {
  return (nodeText ?? '').split('\n').reverse().join(',');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
