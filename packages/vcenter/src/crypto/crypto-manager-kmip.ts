import { selfSign } from '@vcryptsim/pki';
import {
  assert,
  type Clock,
  type CryptoKeyId,
  type Entropy,
  type EventSink,
  type KeyPairSource,
  type KeyServerName,
  type ProviderId,
  type TlsIdentity,
} from '@vcryptsim/ports';
import type { KeyProviderRecord } from '../database/schema.js';
import { VCenterError } from '../errors.js';
import type { ServerHealth, VCenterEvent } from '../events.js';
import { failureCode } from '../kmip/failure-code.js';
import type { KeyServerLink } from '../kmip/key-server-link.js';
import { pollHealth } from '../kmip/poll-health.js';
import { refreshProvider } from '../kmip/refresh-provider.js';
import type { KmipServerSpec } from '../requests.js';
import { clientCertificateSubject, clientCertificateValidity } from './client-certificate.js';
import type { KeyProviders } from './key-providers.js';
import type { KeyServerHealth } from './key-server-health.js';
import { clientCertificateMissing, type KeyServers } from './key-servers.js';
import type { Keys } from './keys.js';
import type { Vecs } from './vecs.js';

/** Health of a key server (CryptoManagerKmipServerStatus). */
export interface KmipServerStatus {
  readonly providerId: ProviderId;
  readonly name: KeyServerName;
  readonly status: ServerHealth;
  readonly connectionStatus: string;
  /** Whether vCenter accepts the server's certificate; null when that was not found out. */
  readonly clientTrustServer: boolean | null;
  /** Whether the server accepts vCenter's certificate; null when that was not found out. */
  readonly serverTrustClient: boolean | null;
  /** Milliseconds since 1970. */
  readonly checkedMs: number;
}

/**
 * Key providers and trust, under the names of the vSphere API (CryptoManagerKmip; facts/vim-api.md section 2). To set
 * one up: register its servers, generate the client certificate and let the key servers' administrator accept it,
 * retrieve each server's certificate, compare its fingerprint and upload it as trusted.
 *
 * Everything may reject with a FileError when it could not be made durable; nothing has changed then.
 */
export class CryptoManagerKmip {
  readonly #o: CryptoManagerParts;

  constructor(o: CryptoManagerParts) {
    this.#o = o;
  }

  /**
   * Adds a key server to a provider, behind those it has. The first server makes the provider, and the default one when
   * there is none.
   *
   * @throws VCenterError ALREADY_EXISTS, INVALID_ARGUMENT
   */
  async registerKmipServer(o: KmipServerSpec): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.providers.addServer(o);
  }

  /**
   * Takes a key server out, also while its keys are in use; with the last one the provider goes. Its client certificate
   * stays in VECS, so that whoever adds the provider again under this name speaks as the client that key servers know
   * (ours by choice; what the real one does is not published).
   *
   * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND
   */
  async removeKmipServer(providerId: ProviderId, server: KeyServerName): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.providers.removeServer(providerId, server);
    await this.#o.health.forget(providerId, server);
  }

  /** Makes new keys come from this provider. @throws VCenterError PROVIDER_NOT_FOUND */
  async markDefault(providerId: ProviderId): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.providers.markDefault(providerId);
  }

  /** All providers with their servers, in the order in which they are tried. */
  listKmipServers(): readonly KeyProviderRecord[] {
    return this.#o.providers.all();
  }

  /**
   * Makes a client certificate for a provider, in place of an earlier one; the key server's administrator registers it.
   * It signs itself, is called `kmipClientYYYYMMDDhhmmss` and has no extended key usage (facts/kmip.md part 2, "Trust
   * set-up").
   *
   * @returns DER of the certificate
   * @throws VCenterError PROVIDER_NOT_FOUND
   */
  async generateSelfSignedClientCert(providerId: ProviderId): Promise<Uint8Array> {
    this.#o.refuseIfStopped();
    this.#o.providers.named(providerId);
    const { clock, entropy, keyPairs } = this.#o;
    const keyPair = await keyPairs.generate('rsa-2048');
    const nowMs = clock.nowMs;
    const subject = clientCertificateSubject(nowMs);
    const identity = await selfSign({ ...clientCertificateValidity(nowMs), subject, keyPair, entropy, clock });
    await this.#o.vecs.putClientIdentity(providerId, identity);
    this.#o.observer.emit({ type: 'CLIENT_CERTIFICATE_MADE', providerId });
    return leafOf(identity);
  }

  /** DER of the client certificate. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING */
  async retrieveSelfSignedClientCert(providerId: ProviderId): Promise<Uint8Array> {
    return leafOf(await this.#identityOf(providerId));
  }

  /**
   * Fetches the certificate that a key server shows, over a connection that is ended at once. Nothing is trusted by it.
   *
   * @returns DER of the leaf
   * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING, SERVER_NOT_REACHABLE
   */
  async retrieveKmipServerCert(providerId: ProviderId, server: KeyServerName): Promise<Uint8Array> {
    this.#o.refuseIfStopped();
    const { address } = this.#o.providers.server(providerId, server);
    const identity = await this.#identityOf(providerId);
    try {
      return await this.#o.link.look(address, identity);
    } catch (error) {
      const code = failureCode(error);
      if (code === null) throw error;
      throw new VCenterError(
        { code: 'SERVER_NOT_REACHABLE', providerId, failure: { server, code } },
        `Key server ${server} showed no certificate (${code}). Check its address and that it is running.`,
      );
    }
  }

  /**
   * Trusts exactly this certificate at this server from now on; when the server gets a new one, it is uploaded anew.
   * Then asks the server for its versions and its vendor, as the real one does; what comes of that shows in the status.
   *
   * @param certificate DER of the leaf
   * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND; PkiError MALFORMED
   */
  async uploadKmipServerCert(providerId: ProviderId, server: KeyServerName, certificate: Uint8Array): Promise<void> {
    this.#o.refuseIfStopped();
    this.#o.providers.server(providerId, server);
    await this.#o.providers.trust(providerId, server, await this.#o.vecs.putTrusted(certificate));
    await this.#refresh(providerId, server);
  }

  /**
   * Lets a provider make a key.
   *
   * @param providerId left out, the default one
   * @throws VCenterError NO_DEFAULT_PROVIDER, PROVIDER_NOT_FOUND, KEY_GENERATION_FAILED
   */
  async generateKey(providerId?: ProviderId): Promise<CryptoKeyId> {
    this.#o.refuseIfStopped();
    return this.#o.keys.generate(providerId ?? this.#o.providers.default().providerId);
  }

  /** Looks at all key servers now, not only at the next poll. */
  async pollHealth(): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.health.poll();
  }

  /** What the last poll found (RetrieveKmipServersStatus_Task). */
  retrieveKmipServersStatus(): readonly KmipServerStatus[] {
    return this.#o.health.statuses();
  }

  async #refresh(providerId: ProviderId, name: KeyServerName): Promise<void> {
    const provider = this.#o.providers.named(providerId);
    const server = this.#o.providers.server(providerId, name);
    try {
      await this.#o.servers.converse(provider, server, 'REFRESH', pollHealth);
      await this.#o.servers.converse(provider, server, 'REFRESH', refreshProvider);
    } catch (error) {
      // The certificate is trusted whatever the server says now; it may not know vCenter's certificate yet.
      if (failureCode(error) === null) throw error;
    }
  }

  async #identityOf(providerId: ProviderId): Promise<TlsIdentity> {
    this.#o.providers.named(providerId);
    const identity = await this.#o.vecs.clientIdentity(providerId);
    if (!identity) throw clientCertificateMissing(providerId);
    return identity;
  }
}

/** What {@link CryptoManagerKmip} works with. */
export interface CryptoManagerParts {
  readonly providers: KeyProviders;
  readonly vecs: Vecs;
  readonly link: KeyServerLink;
  readonly servers: KeyServers;
  readonly keys: Keys;
  readonly health: KeyServerHealth;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly keyPairs: KeyPairSource;
  readonly observer: EventSink<VCenterEvent>;
  /** Throws VCENTER_STOPPED after the vCenter stopped. */
  readonly refuseIfStopped: () => void;
}

function leafOf({ chain }: TlsIdentity): Uint8Array {
  const leaf = chain[0];
  assert(leaf, 'an identity has a certificate');
  return leaf;
}
