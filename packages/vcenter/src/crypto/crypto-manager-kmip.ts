import type { CryptoKeyId, KeyServerName, ProviderId, TlsIdentity } from '@vcryptsim/ports';
import type { KeyProviderRecord } from '../database/schema.js';
import { VCenterError } from '../errors.js';
import type { ServerHealth } from '../events.js';
import { failureCode } from '../kmip/failure-code.js';
import type { KeyServerLink } from '../kmip/key-server-link.js';
import { pollHealth } from '../kmip/poll-health.js';
import { refreshProvider } from '../kmip/refresh-provider.js';
import type { KmipServerSpec } from '../requests.js';
import { type ClientCertificates, leafOf } from './client-certificates.js';
import type { KeyProviders } from './key-providers.js';
import type { KeyServerHealth } from './key-server-health.js';
import type { KeyServers } from './key-servers.js';
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
 * one up: register its servers, give vCenter a client certificate that they accept, retrieve each server's certificate,
 * compare its fingerprint and upload it as trusted. The four ways to the client certificate are those of the wizard
 * "Make KMS trust vCenter" (facts/kmip.md part 2):
 * 1. vCenter Root CA certificate: `generateVmcaClientCert`; the key servers trust the root that `retrieveVmcaRootCert` answers
 * 2. vCenter certificate: `generateSelfSignedClientCert`; the key servers trust that certificate
 * 3. KMS certificate and private key: made by the key server, `uploadClientCert`
 * 4. New certificate request: `generateClientCsr`, signed at the key server, `updateKmsSignedCsrClientCert`
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
    this.#o.providers.refuseTaken(o);
    // What an earlier server of this name left must not be sent to a new one.
    await this.#keepPassword({ password: new Uint8Array(0), ...o });
    await this.#o.providers.addServer(o);
  }

  /**
   * Gives a key server another address, user name or password. A password that is left out stays, an empty one is taken
   * away; without a user name none is kept. The trusted certificate stays.
   *
   * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND
   */
  async updateKmipServer(o: KmipServerSpec): Promise<void> {
    this.#o.refuseIfStopped();
    this.#o.providers.server(o.providerId, o.server.name);
    await this.#keepPassword(o);
    await this.#o.providers.updateServer(o);
  }

  /**
   * Takes a key server out, also while its keys are in use; with the last one the provider goes. Its client certificate
   * stays in VECS, so that whoever adds the provider again under this name speaks as the client that key servers know
   * (ours by choice; what the real one does is not published). Its password goes.
   *
   * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND
   */
  async removeKmipServer(providerId: ProviderId, server: KeyServerName): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.providers.removeServer(providerId, server);
    await this.#o.vecs.removePassword(providerId, server);
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
    return this.#o.certificates.selfSigned(providerId);
  }

  /** DER of the self-signed client certificate. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING */
  retrieveSelfSignedClientCert(providerId: ProviderId): Promise<Uint8Array> {
    return this.retrieveClientCert(providerId);
  }

  /**
   * Makes a client certificate that vCenter's own authority (VMCA) signs, in place of an earlier one. It is no call of the
   * vSphere API, where the wizard's first way needs none: the real one has such a certificate from its installation.
   *
   * @returns DER of the certificate
   * @throws VCenterError PROVIDER_NOT_FOUND, VECS_DAMAGED
   */
  async generateVmcaClientCert(providerId: ProviderId): Promise<Uint8Array> {
    this.#o.refuseIfStopped();
    return this.#o.certificates.signedByOwnAuthority(providerId);
  }

  /** DER of the root certificate of vCenter's own authority, for key servers to trust. @throws VCenterError VECS_DAMAGED */
  async retrieveVmcaRootCert(): Promise<Uint8Array> {
    this.#o.refuseIfStopped();
    return (await this.#o.certificates.ownAuthority()).certificate;
  }

  /** DER of the client certificate in use, whatever way it came. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING */
  async retrieveClientCert(providerId: ProviderId): Promise<Uint8Array> {
    return leafOf((await this.#o.certificates.inUse(providerId)).chain);
  }

  /**
   * Takes a client certificate and its private key that the key server made, in place of an earlier one.
   *
   * @throws VCenterError PROVIDER_NOT_FOUND; INVALID_ARGUMENT when the key is not the certificate's; PkiError MALFORMED
   */
  async uploadClientCert(providerId: ProviderId, identity: TlsIdentity): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.certificates.upload(providerId, identity);
  }

  /**
   * Makes a key and a request for its certificate; the key never leaves vCenter. A second request overwrites the first.
   * What is in use stays in use until the signed certificate comes.
   *
   * @returns DER (PKCS#10)
   * @throws VCenterError PROVIDER_NOT_FOUND
   */
  async generateClientCsr(providerId: ProviderId): Promise<Uint8Array> {
    this.#o.refuseIfStopped();
    return this.#o.certificates.request(providerId);
  }

  /** DER of the last certificate request. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_REQUEST_MISSING */
  retrieveClientCsr(providerId: ProviderId): Promise<Uint8Array> {
    return this.#o.certificates.lastRequest(providerId);
  }

  /**
   * Takes the certificate that the key server made of the last request.
   *
   * @param chain DER, leaf first
   * @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_REQUEST_MISSING; INVALID_ARGUMENT when it is for another key; PkiError MALFORMED
   */
  async updateKmsSignedCsrClientCert(providerId: ProviderId, chain: readonly Uint8Array[]): Promise<void> {
    this.#o.refuseIfStopped();
    await this.#o.certificates.signedRequest(providerId, chain);
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
    const identity = await this.#o.certificates.inUse(providerId);
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

  async #keepPassword({ providerId, server, password }: KmipServerSpec): Promise<void> {
    const { vecs } = this.#o;
    if (server.userName === undefined || password?.length === 0) await vecs.removePassword(providerId, server.name);
    else if (password) await vecs.putPassword(providerId, server.name, password);
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
  readonly certificates: ClientCertificates;
  /** Throws VCENTER_STOPPED after the vCenter stopped. */
  readonly refuseIfStopped: () => void;
}
