import type { X509Certificate } from 'node:crypto';
import type { Clock, PeerCertificate, PeerJudge } from '@vcryptsim/ports';
import { looksLikeAddress } from './certificate-fields.js';
import { refuseUnknownRules, roomBelow } from './chain-rules.js';
import { PkiError } from './errors.js';
import { describe, distinguishedName, parseCertificate, validityOf } from './peer-certificate.js';

/** Whom one side trusts. */
export interface TrustSet {
  /** DER of leaf certificates that are trusted as they are: exactly these, self-signed or not. */
  readonly pins: readonly Uint8Array[];
  /** DER of authorities: whatever they sign is trusted, directly or through intermediates that the peer sends. */
  readonly authorities: readonly Uint8Array[];
  /** SHA-256 fingerprints (lower-case hex) of certificates that are refused wherever they stand in a path. */
  readonly revoked?: readonly string[];
}

const PATH_MAX = 6;
const REMEMBERED_PATHS_MAX = 256;
const OID_SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const OID_ANY_USAGE = '2.5.29.37.0';

/** A path from a leaf to what made it trusted, with all that does not change as time passes. */
interface Path {
  readonly certificates: readonly X509Certificate[];
  readonly leaf: X509Certificate;
  readonly peer: PeerCertificate;
}

/**
 * Judges peers by one trust set. Who signed whom does not depend on time, so paths are remembered (at most 256);
 * dates and names are checked each time.
 */
export class PeerVerifier {
  readonly #pins: ReadonlySet<string>;
  readonly #authorities: readonly X509Certificate[];
  readonly #revoked: ReadonlySet<string>;
  readonly #paths = new Map<string, Path>();

  /** @throws PkiError MALFORMED when a trusted certificate cannot be read */
  constructor(trust: TrustSet) {
    this.#pins = new Set(trust.pins.map(bytesKey));
    this.#authorities = trust.authorities.map(parseCertificate);
    this.#revoked = new Set(trust.revoked ?? []);
  }

  /** As {@link verifyPeer}, but at once: nothing here waits. */
  verify(chain: readonly Uint8Array[], nowMs: number, expectedName?: string): PeerCertificate {
    const { certificates, leaf, peer } = this.#pathOf(chain);
    for (const certificate of certificates) {
      const subject = distinguishedName(certificate.subject);
      if (this.#revoked.has(fingerprintOf(certificate))) throw new PkiError('REVOKED', subject);
      const { notBeforeMs, notAfterMs } = validityOf(certificate);
      if (nowMs < notBeforeMs) throw new PkiError('NOT_YET_VALID', subject);
      if (nowMs > notAfterMs) throw new PkiError('EXPIRED', subject);
    }
    if (expectedName !== undefined) judgeServer(leaf, peer, expectedName);
    return peer;
  }

  #pathOf(chain: readonly Uint8Array[]): Path {
    const key = chain.map(bytesKey).join('|');
    const known = this.#paths.get(key);
    if (known) return known;
    const [leaf, ...sent] = chain.slice(0, PATH_MAX).map(parseCertificate);
    if (!leaf) throw new PkiError('NO_CERTIFICATE');
    const certificates = this.#pins.has(bytesKey(leaf.raw)) ? [leaf] : pathToAuthority(leaf, sent, this.#authorities);
    if (!certificates) throw new PkiError('UNKNOWN_ISSUER', distinguishedName(leaf.subject));
    const path = { certificates, leaf, peer: describe(leaf) };
    if (this.#paths.size < REMEMBERED_PATHS_MAX) this.#paths.set(key, path);
    return path;
  }
}

/**
 * The one place where a peer is judged: by the chain it sent, a trust set and the time it is given. Proof that the peer
 * owns the leaf's key is TLS's own part. A client needs no extended key usage (a real vCenter has none, facts/kmip.md
 * part 2). CRLs, OCSP and policies are not consulted; a certificate with a critical rule that is not understood
 * (name constraints, for one) is refused.
 *
 * @param chain DER, leaf first, then what the peer sent along
 * @param trust pins and authorities
 * @param nowMs milliseconds since 1970; the last second of a certificate counts as valid at its start only
 * @param expectedName host name or IP address that was called, compared with the subject alternative names (never the
 *   CN). Whoever names one judges a server: then an extended key usage, where present, must have serverAuth unless the
 *   certificate is pinned, so that a client of the same authority cannot pose as the server.
 * @returns what the accepted leaf says about its owner
 * @throws PkiError with each of its codes
 */
export async function verifyPeer(
  chain: readonly Uint8Array[],
  trust: TrustSet,
  nowMs: number,
  expectedName?: string,
): Promise<PeerCertificate> {
  return new PeerVerifier(trust).verify(chain, nowMs, expectedName);
}

/** Makes the judge that a `Network` wants of a trust set and a clock; it remembers paths as long as it lives. */
export function peerJudge(trust: TrustSet, clock: Pick<Clock, 'nowMs'>, expectedName?: string): PeerJudge {
  const verifier = new PeerVerifier(trust);
  return async (chain) => verifier.verify(chain, clock.nowMs, expectedName);
}

function judgeServer(leaf: X509Certificate, peer: PeerCertificate, expectedName: string): void {
  if (!isFor(leaf, expectedName)) {
    throw new PkiError(
      'WRONG_NAME',
      peer.subject,
      `Wanted ${expectedName}; it is for ${peer.alternativeNames.join(', ') || 'no name'}.`,
    );
  }
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages && !usages.includes(OID_SERVER_AUTH) && !usages.includes(OID_ANY_USAGE)) {
    throw new PkiError('WRONG_USAGE', peer.subject);
  }
}

function isFor(leaf: X509Certificate, name: string): boolean {
  if (!looksLikeAddress(name)) return leaf.checkHost(name, { subject: 'never' }) !== undefined;
  try {
    return leaf.checkIP(name) !== undefined;
  } catch {
    return false;
  }
}

/** Certificates from the leaf up to a trusted authority, or null. Same names with other keys are tried one by one. */
function pathToAuthority(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] | null {
  const path = [leaf];
  refuseUnknownRules(leaf);
  for (let below = leaf; path.length < PATH_MAX; ) {
    const intermediates = path.length - 1;
    const anchor = authorities.find((candidate) => signed(candidate, below, intermediates));
    if (anchor) return [...path, anchor];
    const next = sent.find((candidate) => !path.includes(candidate) && signed(candidate, below, intermediates));
    if (!next) return null;
    refuseUnknownRules(next);
    path.push(next);
    below = next;
  }
  return null;
}

/** `checkIssued` compares names, key identifiers and the keyCertSign bit; only `verify` looks at the signature. */
function signed(issuer: X509Certificate, certificate: X509Certificate, intermediates: number): boolean {
  return (
    issuer.ca &&
    certificate.checkIssued(issuer) &&
    roomBelow(issuer) >= intermediates &&
    certificate.verify(issuer.publicKey)
  );
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function bytesKey(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1');
}
