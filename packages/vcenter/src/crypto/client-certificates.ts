import { type KeyObject, X509Certificate } from 'node:crypto';
import { createCertificateRequest, describeCertificate, LabAuthority, selfSign } from '@vcryptsim/pki';
import {
  assert,
  type Clock,
  type Entropy,
  type EventSink,
  type KeyPair,
  type KeyPairSource,
  type ProviderId,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { AUTHORITY_SUBJECT, clientCertificateSubject, clientCertificateValidity } from './client-certificate.js';
import type { KeyProviders } from './key-providers.js';
import type { Vecs } from './vecs.js';

/**
 * The certificates with which vCenter shows itself to key servers, one for each provider, made in one of four ways
 * (facts/kmip.md part 2, "Trust set-up"). The last one that was put to use counts, whatever way it came.
 */
export class ClientCertificates {
  readonly #o: ClientCertificatesParts;
  /** So that two providers that ask at once get one authority. */
  #authority: Promise<LabAuthority> | null = null;

  constructor(o: ClientCertificatesParts) {
    this.#o = o;
  }

  /** What vCenter shows to the servers of a provider. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING, VECS_DAMAGED */
  async inUse(providerId: ProviderId): Promise<TlsIdentity> {
    this.#o.providers.named(providerId);
    const identity = await this.#o.vecs.clientIdentity(providerId);
    if (!identity) throw clientCertificateMissing(providerId);
    return identity;
  }

  /** Makes a certificate that signs itself, and uses it. @returns its DER */
  async selfSigned(providerId: ProviderId): Promise<Uint8Array> {
    return this.#make(providerId, async (keyPair, subject) => {
      const { clock, entropy } = this.#o;
      return selfSign({ ...clientCertificateValidity(clock.nowMs), subject, keyPair, entropy, clock });
    });
  }

  /** Makes a certificate that vCenter's own authority signs, and uses it. @returns its DER */
  async signedByOwnAuthority(providerId: ProviderId): Promise<Uint8Array> {
    const authority = await this.ownAuthority();
    return this.#make(providerId, (keyPair, subject) =>
      authority.issueIdentity({ ...clientCertificateValidity(this.#o.clock.nowMs), subject, keyPair }),
    );
  }

  /** vCenter's own authority (VMCA); made when it is asked for first. */
  ownAuthority(): Promise<LabAuthority> {
    this.#authority ??= this.#openAuthority().catch((error: unknown) => {
      this.#authority = null;
      throw error;
    });
    return this.#authority;
  }

  /**
   * Uses an identity that was made elsewhere, as a rule by the key server.
   *
   * @throws VCenterError INVALID_ARGUMENT when the key is not the certificate's; PkiError MALFORMED
   */
  async upload(providerId: ProviderId, identity: TlsIdentity): Promise<void> {
    this.#o.providers.named(providerId);
    refuseForeignKey(identity.chain, identity.privateKey, 'The private key is not that of the certificate.');
    await this.#use(providerId, identity, 'CLIENT_CERTIFICATE_UPLOADED');
  }

  /** Makes a key and a request for its certificate; another one that waits is overwritten. @returns DER (PKCS#10) */
  async request(providerId: ProviderId): Promise<Uint8Array> {
    this.#o.providers.named(providerId);
    const { clock, vecs } = this.#o;
    const keyPair = await this.#o.keyPairs.generate('rsa-2048');
    const subject = clientCertificateSubject(clock.nowMs);
    const request = await createCertificateRequest({ subject, keyPair, clock });
    await vecs.putClientRequest(providerId, { request, privateKey: keyPair.privateKey });
    this.#o.observer.emit({ type: 'CLIENT_REQUEST_MADE', providerId });
    return request;
  }

  /** The last request. @throws VCenterError CLIENT_REQUEST_MISSING */
  async lastRequest(providerId: ProviderId): Promise<Uint8Array> {
    return (await this.#waiting(providerId)).request;
  }

  /**
   * Uses the certificate that a key server's authority made of the last request.
   *
   * @param chain DER, leaf first
   * @throws VCenterError CLIENT_REQUEST_MISSING; INVALID_ARGUMENT when it is for another key, as after a second request;
   *   PkiError MALFORMED
   */
  async signedRequest(providerId: ProviderId, chain: readonly Uint8Array[]): Promise<void> {
    const { privateKey } = await this.#waiting(providerId);
    const wrong =
      'The certificate is not for the last request. Have the last request signed; a new request replaces the one before.';
    refuseForeignKey(chain, privateKey, wrong);
    await this.#use(providerId, { chain, privateKey }, 'CLIENT_CERTIFICATE_UPLOADED');
  }

  async #waiting(providerId: ProviderId) {
    this.#o.providers.named(providerId);
    const waiting = await this.#o.vecs.clientRequest(providerId);
    if (waiting) return waiting;
    throw new VCenterError(
      { code: 'CLIENT_REQUEST_MISSING', providerId },
      `There is no certificate request for key provider ${providerId}. Generate one first.`,
    );
  }

  async #make(
    providerId: ProviderId,
    sign: (keyPair: KeyPair, subject: string) => Promise<TlsIdentity>,
  ): Promise<Uint8Array> {
    this.#o.providers.named(providerId);
    const keyPair = await this.#o.keyPairs.generate('rsa-2048');
    const identity = await sign(keyPair, clientCertificateSubject(this.#o.clock.nowMs));
    await this.#use(providerId, identity, 'CLIENT_CERTIFICATE_MADE');
    return leafOf(identity.chain);
  }

  async #use(
    providerId: ProviderId,
    identity: TlsIdentity,
    type: 'CLIENT_CERTIFICATE_MADE' | 'CLIENT_CERTIFICATE_UPLOADED',
  ): Promise<void> {
    await this.#o.vecs.putClientIdentity(providerId, identity);
    this.#o.observer.emit({ type, providerId });
  }

  async #openAuthority(): Promise<LabAuthority> {
    const { vecs, clock, entropy, keyPairs } = this.#o;
    const kept = await vecs.authority();
    if (kept)
      return LabAuthority.open({ clock, entropy, certificate: leafOf(kept.chain), privateKey: kept.privateKey });
    const validity = clientCertificateValidity(clock.nowMs);
    const made = await LabAuthority.create({ clock, entropy, keyPairs, subject: AUTHORITY_SUBJECT, validity });
    await vecs.putAuthority(made.certificate, made.privateKey);
    return made;
  }
}

/** What {@link ClientCertificates} works with. */
export interface ClientCertificatesParts {
  readonly providers: KeyProviders;
  readonly vecs: Vecs;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly keyPairs: KeyPairSource;
  readonly observer: EventSink<VCenterEvent>;
}

/** The first certificate of a chain. */
export function leafOf(chain: readonly Uint8Array[]): Uint8Array {
  const [leaf] = chain;
  assert(leaf, 'an identity has a certificate');
  return leaf;
}

/** The refusal of everything that needs a client certificate before there is one. */
export function clientCertificateMissing(providerId: ProviderId): VCenterError {
  return new VCenterError(
    { code: 'CLIENT_CERTIFICATE_MISSING', providerId },
    `vCenter has no client certificate for key provider ${providerId}. Generate one and let the key servers trust it.`,
  );
}

function refuseForeignKey(chain: readonly Uint8Array[], privateKey: KeyObject, message: string): void {
  const [leaf] = chain;
  if (leaf) describeCertificate(leaf); // throws MALFORMED with a sentence for people
  if (leaf && new X509Certificate(leaf).checkPrivateKey(privateKey)) return;
  throw new VCenterError({ code: 'INVALID_ARGUMENT', what: 'certificate' }, message);
}
