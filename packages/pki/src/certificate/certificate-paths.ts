import type { Certificate } from './certificate.js';

/** Certificates of a path below its authority. */
const PATH_MAX = 6;
/** Certificates that are looked at of what a peer sends. */
export const SENT_MAX = 10;
const PATHS_MAX = 16;
const STEPS_MAX = 64;

/** Ways from a leaf up to trusted authorities, and what was missing where there is none. */
export interface FoundPaths {
  /** Each with the leaf first and its authority last; the shortest by the order of what was sent come first. */
  readonly paths: readonly (readonly Certificate[])[];
  /** A sentence on the first thing that ended a way. */
  readonly obstacle: string;
}

/**
 * All ways from a leaf up to a trusted authority, at most 16: a peer may send an old and a new certificate of one
 * issuer, or one that another authority signed too, and only one of them may lead on. Each signature is checked once,
 * and at most 64 steps are taken, since whoever sends the chain is a stranger.
 */
export function pathsToAuthority(
  leaf: Certificate,
  sent: readonly Certificate[],
  authorities: readonly Certificate[],
): FoundPaths {
  const paths: Certificate[][] = [];
  const isSigned = signatureMemory();
  let obstacle: string | null = null;
  let stepsLeft = STEPS_MAX;
  const walk = (path: readonly Certificate[]): void => {
    const below = path[path.length - 1] ?? leaf;
    const hindrance = (issuer: Certificate) => hindranceOf(issuer, below, path.length - 1, isSigned);
    let hasIssuer = false;
    for (const [issuers, isAnchor] of [
      [authorities, true],
      [sent, false],
    ] as const) {
      for (const issuer of issuers) {
        if (path.includes(issuer) || !isNamed(issuer, below)) continue;
        if (paths.length >= PATHS_MAX || stepsLeft === 0) return;
        const sentence = hindrance(issuer);
        if (sentence !== null) {
          obstacle ??= sentence;
          continue;
        }
        hasIssuer = true;
        stepsLeft -= 1;
        if (isAnchor) paths.push([...path, issuer]);
        else if (path.length < PATH_MAX) walk([...path, issuer]);
      }
    }
    if (!hasIssuer) obstacle ??= missing(below);
  };
  walk([leaf]);
  return { paths, obstacle: obstacle ?? missing(leaf) };
}

function isNamed(issuer: Certificate, { issuer: name, x509 }: Certificate): boolean {
  return issuer.subject === name || x509.checkIssued(issuer.x509);
}

/** Why a certificate of the issuer's name is not the issuer; null when it is. */
function hindranceOf(
  issuer: Certificate,
  below: Certificate,
  intermediates: number,
  isSigned: (below: Certificate, issuer: Certificate) => boolean,
): string | null {
  if (!isSigned(below, issuer)) return `${issuer.subject} has the name of its issuer, and another key.`;
  if (!issuer.x509.ca) {
    return `${issuer.subject} signed it and is not an authority (Basic Constraints without CA, or Key Usage without keyCertSign).`;
  }
  if (issuer.extensions.roomBelow < intermediates) {
    return `${issuer.subject} allows ${issuer.extensions.roomBelow} authorities below it (path length), and there are ${intermediates}.`;
  }
  if (!below.x509.checkIssued(issuer.x509)) {
    return `${issuer.subject} signed it and does not fit (another key identifier).`;
  }
  return null;
}

function missing({ subject, issuer }: Certificate): string {
  return subject === issuer
    ? `${subject} signed itself and is not trusted.`
    : `Its issuer ${issuer} was not sent along and is not trusted.`;
}

/** Checks each signature once. One of a kind that OpenSSL does not know, or does not join with that key, is none. */
function signatureMemory(): (below: Certificate, issuer: Certificate) => boolean {
  const known = new Map<Certificate, Map<Certificate, boolean>>();
  return (below, issuer) => {
    const ofBelow = known.get(below) ?? new Map<Certificate, boolean>();
    known.set(below, ofBelow);
    const before = ofBelow.get(issuer);
    if (before !== undefined) return before;
    let is = false;
    try {
      is = below.x509.verify(issuer.publicKey);
    } catch {
      is = false;
    }
    ofBelow.set(issuer, is);
    return is;
  };
}
