import type { Clock, PeerCertificate, PeerJudge } from '@vcryptsim/ports';
import { type Certificate, readCertificate } from '../certificate/certificate.js';
import { pathsToAuthority, SENT_MAX } from '../certificate/certificate-paths.js';
import { forbiddenName } from '../certificate/name-constraints.js';
import { looksLikeAddress } from '../certificate-fields.js';
import { PkiError } from '../errors.js';

/** Whom one side trusts. */
export interface TrustSet {
  /** DER of leaf certificates that are trusted as they are: exactly these, self-signed or not. */
  readonly pins: readonly Uint8Array[];
  /** DER of authorities: whatever they sign is trusted, directly or through intermediates that the peer sends. */
  readonly authorities: readonly Uint8Array[];
  /** SHA-256 fingerprints (lower-case hex) of certificates that are refused wherever they stand in a path. */
  readonly revoked?: readonly string[];
}

const REMEMBERED_PATHS_MAX = 256;
const OID_SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const OID_ANY_USAGE = '2.5.29.37.0';

/** The ways from a leaf to what made it trusted, with all that does not change as time passes; at least one. */
interface Paths {
  readonly ways: readonly (readonly Certificate[])[];
  readonly leaf: Certificate;
}

/**
 * Judges peers by one trust set. Who signed whom does not depend on time, so paths are remembered (of at most 256
 * chains); dates and names are checked each time, and one good path is enough.
 */
export class PeerVerifier {
  readonly #pins: ReadonlySet<string>;
  readonly #authorities: readonly Certificate[];
  readonly #revoked: ReadonlySet<string>;
  readonly #paths = new Map<string, Paths>();

  /** @throws PkiError MALFORMED when a trusted certificate cannot be read */
  constructor(trust: TrustSet) {
    this.#pins = new Set(trust.pins.map(bytesKey));
    this.#authorities = trust.authorities.map(readCertificate);
    this.#revoked = new Set(trust.revoked ?? []);
  }

  /**
   * As {@link verifyPeer}, but at once: nothing here waits. Whatever a certificate makes fail ends as a PkiError, since
   * the certificate comes from a stranger and is judged before anybody logged in.
   */
  verify(chain: readonly Uint8Array[], nowMs: number, expectedName?: string): PeerCertificate {
    try {
      return this.#judge(chain, nowMs, expectedName);
    } catch (error) {
      if (error instanceof PkiError) throw error;
      const reason = error instanceof Error ? error.name : 'unknown';
      throw new PkiError('MALFORMED', undefined, `The certificate could not be judged (${reason}).`);
    }
  }

  #judge(chain: readonly Uint8Array[], nowMs: number, expectedName: string | undefined): PeerCertificate {
    const { ways, leaf } = this.#pathsOf(chain);
    let refusal: PkiError | null = null;
    for (const way of ways) {
      refusal = this.#refusalNow(way, nowMs);
      // A revoked certificate is not made good by another way around it.
      if (refusal === null || refusal.code === 'REVOKED') break;
    }
    if (refusal !== null) throw refusal;
    if (expectedName !== undefined) judgeServer(leaf, expectedName);
    return leaf.peer;
  }

  #refusalNow(way: readonly Certificate[], nowMs: number): PkiError | null {
    for (const { subject, fingerprintSha256, notBeforeMs, notAfterMs } of way) {
      if (this.#revoked.has(fingerprintSha256)) return new PkiError('REVOKED', subject);
      if (!(nowMs >= notBeforeMs)) return new PkiError('NOT_YET_VALID', subject);
      if (!(nowMs <= notAfterMs)) return new PkiError('EXPIRED', subject);
    }
    return null;
  }

  #pathsOf(chain: readonly Uint8Array[]): Paths {
    const keys = new Set(chain.map(bytesKey));
    const key = [...keys].join('|');
    const known = this.#paths.get(key);
    if (known) return known;
    // Some servers send a certificate twice.
    const once = chain.filter((der, at) => at === chain.findIndex((other) => bytesKey(other) === bytesKey(der)));
    const [leaf, ...sent] = once.slice(0, SENT_MAX).map(readCertificate);
    if (!leaf) throw new PkiError('NO_CERTIFICATE');
    const paths = { ways: this.#pins.has(bytesKey(leaf.der)) ? [[leaf]] : lawful(leaf, sent, this.#authorities), leaf };
    if (this.#paths.size < REMEMBERED_PATHS_MAX) this.#paths.set(key, paths);
    return paths;
  }
}

/** The ways to an authority that keep to their own rules. */
function lawful(leaf: Certificate, sent: readonly Certificate[], authorities: readonly Certificate[]) {
  const { paths, obstacle } = pathsToAuthority(leaf, sent, authorities);
  if (paths.length === 0) throw new PkiError('UNKNOWN_ISSUER', leaf.subject, obstacle);
  const broken = paths.map((path) => brokenRule(path));
  const ways = paths.filter((_, at) => broken[at] === null);
  const [first] = broken;
  if (ways.length === 0 && first) throw first;
  return ways;
}

/**
 * The one place where a peer is judged: by the chain it sent, a trust set and the time it is given. Proof that the peer
 * owns the leaf's key is TLS's own part. A client needs no extended key usage (a real vCenter has none, facts/kmip.md
 * part 2). Name constraints are obeyed (RFC 5280 section 6.1.4); policies are taken as they are; CRLs and OCSP are not
 * consulted; a certificate with another critical rule is refused. Every certificate is read whole first.
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

function judgeServer(leaf: Certificate, expectedName: string): void {
  const { subject, alternativeNames } = leaf.peer;
  if (!isFor(leaf, expectedName)) {
    const names = alternativeNames.join(', ') || 'no name (it has no subject alternative name)';
    throw new PkiError('WRONG_NAME', subject, `Wanted ${expectedName}; it is for ${names}.`);
  }
  const usages = leaf.extensions.extendedKeyUsage;
  if (usages && !usages.includes(OID_SERVER_AUTH) && !usages.includes(OID_ANY_USAGE)) {
    throw new PkiError('WRONG_USAGE', subject, `Its extended key usage is ${usages.join(', ') || 'empty'}.`);
  }
}

function isFor({ x509 }: Certificate, name: string): boolean {
  try {
    if (!looksLikeAddress(name)) return x509.checkHost(name, { subject: 'never' }) !== undefined;
    return x509.checkIP(name) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Holds a path, leaf first and its anchor last, to the rules that are in it: critical extensions that are not understood
 * (RFC 5280 section 4.2: such a certificate must be refused; an anchor's own are its owner's decision), and what each
 * authority says about names below it. Self-issued intermediates are free of the latter, as a key change makes them.
 */
function brokenRule(path: readonly Certificate[]): PkiError | null {
  for (const { subject, extensions } of path.slice(0, -1)) {
    const [unknown] = extensions.notUnderstood;
    if (unknown !== undefined) return new PkiError('RULE_NOT_UNDERSTOOD', subject, `It is ${unknown}.`);
  }
  for (const [at, { extensions, subject }] of path.entries()) {
    if (extensions.nameConstraints === null) continue;
    for (const [place, below] of path.slice(0, at).entries()) {
      if (place > 0 && below.subject === below.issuer) continue;
      const names = { subject: below.subjectNames, alternativeNames: below.extensions.alternativeNames };
      const forbidden = forbiddenName(extensions.nameConstraints, names);
      if (forbidden === null) continue;
      return new PkiError('NAME_NOT_PERMITTED', below.subject, `${subject} does not allow ${forbidden}.`);
    }
  }
  return null;
}

function bytesKey(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1');
}
