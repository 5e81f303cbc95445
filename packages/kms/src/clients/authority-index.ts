import type { X509Certificate } from 'node:crypto';
import { describeCertificate, PeerVerifier, PkiError, readCertificate } from '@vcryptsim/pki';
import type { PeerCertificate } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { RegisteredClient } from './registered-client.js';

/** Authorities of one name: each may have to be tried for a certificate that says no more of its issuer. */
const OF_ONE_NAME_MAX = 16;
/** Certificates of a chain that are looked at, as in the judge of pki. */
const CHAIN_MAX = 6;

interface Entry {
  readonly client: RegisteredClient;
  readonly verifier: PeerVerifier;
}

/**
 * Clients by their own authority. A certificate is compared with the authorities of its issuer's name only, so what an
 * unknown certificate costs does not depend on how many clients there are.
 */
export class AuthorityIndex {
  readonly #bySubject = new Map<string, Entry[]>();

  /** @throws PkiError MALFORMED */
  constructor(clients: Iterable<RegisteredClient>) {
    for (const client of clients) {
      if (!client.authority) continue;
      const subject = nameKey(parse(client.authority).subject);
      const verifier = new PeerVerifier({ pins: [], authorities: [client.authority] });
      const entries = this.#bySubject.get(subject) ?? [];
      entries.push({ client, verifier });
      this.#bySubject.set(subject, entries);
    }
  }

  /**
   * The client whose authority vouches for a chain, the nearest authority first; null when none does.
   *
   * @throws PkiError EXPIRED, NOT_YET_VALID, MALFORMED
   */
  vouches(
    chain: readonly Uint8Array[],
    nowMs: number,
  ): { readonly client: RegisteredClient; readonly peer: PeerCertificate } | null {
    if (this.#bySubject.size === 0) return null;
    for (const der of chain.slice(0, CHAIN_MAX)) {
      for (const { client, verifier } of this.#bySubject.get(nameKey(parse(der).issuer)) ?? []) {
        const peer = vouchedPeer(verifier, chain, nowMs);
        if (peer) return { client, peer };
      }
    }
    return null;
  }

  /**
   * Says that an authority can be given to a client: one and the same certificate must never belong to two.
   *
   * @param own DER of the key server's own authority
   * @throws KmsError CLIENT_CERTIFICATE_INVALID, CLIENT_AUTHORITY_TAKEN; PkiError MALFORMED
   */
  admit(client: string, authority: Uint8Array, own: Uint8Array): void {
    const wanted = parse(authority);
    if (!wanted.ca) {
      throw new KmsError(
        'CLIENT_CERTIFICATE_INVALID',
        'That certificate is not an authority: it may not sign others.',
        'Register a certificate of the client itself with --cert.',
      );
    }
    if (isRelated(wanted, parse(own))) {
      throw taken("It is this key server's own, which also signs for other clients and for followers.");
    }
    for (const entry of [...this.#bySubject.values()].flat()) {
      const holder = entry.client;
      if (holder.name === client || !holder.authority) continue;
      const other = parse(holder.authority);
      if (isRelated(wanted, other))
        throw taken(`It, or one above or below it, is the client ${holder.name}'s already.`);
    }
    if ((this.#bySubject.get(nameKey(wanted.subject)) ?? []).length >= OF_ONE_NAME_MAX) {
      throw taken(`${OF_ONE_NAME_MAX} clients have authorities of that name already.`);
    }
  }
}

function taken(why: string): KmsError {
  return new KmsError(
    'CLIENT_AUTHORITY_TAKEN',
    `That authority cannot be given to this client. ${why}`,
    'Register the certificate of the client itself with --cert, or give it an authority of its own.',
  );
}

/** Whether certificates of one would count as the other's: one key, or one signed the other. */
function isRelated(a: X509Certificate, b: X509Certificate): boolean {
  try {
    return (
      describeCertificate(a.raw).publicKeySha256 === describeCertificate(b.raw).publicKeySha256 ||
      (a.checkIssued(b) && a.verify(b.publicKey)) ||
      (b.checkIssued(a) && b.verify(a.publicKey))
    );
  } catch (error) {
    if (error instanceof PkiError) throw error;
    throw new PkiError('MALFORMED', undefined, 'The authority cannot be read whole.');
  }
}

function vouchedPeer(verifier: PeerVerifier, chain: readonly Uint8Array[], nowMs: number): PeerCertificate | null {
  try {
    return verifier.verify(chain, nowMs);
  } catch (error) {
    if (error instanceof PkiError && error.code === 'UNKNOWN_ISSUER') return null;
    throw error;
  }
}

/** Read whole, so that nothing of it fails later. */
function parse(der: Uint8Array): X509Certificate {
  return readCertificate(der).x509;
}

/** Names are compared as X.500 does, as far as an index needs: without regard to case and runs of spaces. */
function nameKey(text: string | undefined): string {
  return (text ?? '').toLowerCase().replaceAll(/[ \t]+/g, ' ');
}
