import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { EventSink, KeyServerName, ProviderId } from '@vcryptsim/ports';
import type { KeyProviderRecord, KeyServerRecord } from '../database/schema.js';
import { failureCode, isAnswer } from '../kmip/failure-code.js';
import type { KeyServerLink, KeyServerTarget } from '../kmip/key-server-link.js';
import { type ServerFailure, VCenterError } from '../terms/errors.js';
import type { KmipStep, VCenterEvent } from '../terms/events.js';
import { clientCertificateMissing } from './client-certificates.js';
import type { KeyProviders } from './key-providers.js';
import type { Vecs } from './vecs.js';

/** What one server of a provider said no with. */
export interface ServerRefusal extends ServerFailure {
  readonly message: string;
  /** Whether it was the server's own answer, and not the way to it that failed. */
  readonly answered: boolean;
}

/** Thrown when no server of a provider could do a step; each server's refusal is told, in the order of the attempts. */
export class EveryServerFailed extends Error {
  override readonly name = 'EveryServerFailed';
  constructor(readonly refusals: readonly ServerRefusal[]) {
    super('No key server could do it.');
  }
}

/** They hold Discover Versions alone, or nothing at all. */
const STEPS_WITHOUT_CREDENTIAL: readonly KmipStep[] = ['PROBE', 'HEALTH'];

/** Holds the steps of KMIP conversations with the servers of a provider. */
export class KeyServers {
  readonly #link: KeyServerLink;
  readonly #vecs: Vecs;
  readonly #providers: KeyProviders;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #operationId: string | undefined;

  constructor(o: {
    readonly link: KeyServerLink;
    readonly vecs: Vecs;
    readonly providers: KeyProviders;
    readonly observer: EventSink<VCenterEvent>;
    /** ID of the operation for which they are asked. */
    readonly operationId?: string | undefined;
  }) {
    this.#link = o.link;
    this.#vecs = o.vecs;
    this.#providers = o.providers;
    this.#observer = o.observer;
    this.#operationId = o.operationId;
  }

  /**
   * Does one step with the first server that can: one after another, in the configured order, each with a connection of
   * its own (facts/kmip.md part 2, "Several KMS in one provider"). No server is remembered as the last good one.
   *
   * @param final says that a refusal is the answer of the whole provider, so that no other server is asked
   * @throws VCenterError PROVIDER_NOT_FOUND
   * @throws EveryServerFailed
   * @throws whatever `final` accepted
   */
  async inTurn<T>(
    providerId: ProviderId,
    step: KmipStep,
    work: (session: KmipSession) => Promise<T>,
    final: (error: unknown) => boolean = () => false,
  ): Promise<{ readonly server: KeyServerName; readonly value: T }> {
    const provider = this.#providers.named(providerId);
    const refusals: ServerRefusal[] = [];
    for (const server of provider.servers) {
      try {
        return { server: server.name, value: await this.converse(provider, server, step, work) };
      } catch (error) {
        const code = failureCode(error);
        if (code === null || final(error) || !(error instanceof Error)) throw error;
        refusals.push({ server: server.name, code, message: error.message, answered: isAnswer(error) });
      }
    }
    throw new EveryServerFailed(refusals);
  }

  /** Does one step with one server. @throws what the network, the certificate check or the server refused with */
  converse<T>(
    provider: KeyProviderRecord,
    server: KeyServerRecord,
    step: KmipStep,
    work: (session: KmipSession) => Promise<T>,
  ): Promise<T> {
    return this.#told(provider, server, step, (target) => this.#link.converse(target, work));
  }

  /** Opens and ends an empty connection. */
  probe(provider: KeyProviderRecord, server: KeyServerRecord): Promise<void> {
    return this.#told(provider, server, 'PROBE', (target) => this.#link.probe(target));
  }

  /** The credential for a step: none without a user name, and none for steps whose messages carry none. */
  async #credentialFor(
    providerId: ProviderId,
    { name, userName }: KeyServerRecord,
    step: KmipStep,
  ): Promise<{ readonly username: string; readonly password: Uint8Array } | null> {
    if (userName === null || STEPS_WITHOUT_CREDENTIAL.includes(step)) return null;
    const password = await this.#vecs.password(providerId, name);
    if (password) return { username: userName, password };
    throw new VCenterError(
      { code: 'PASSWORD_MISSING', providerId, server: name },
      `QLC_ERR_VALUE_MISSING Password: vCenter has no password for user ${userName} of key server ${name}. Update the key server with its password.`,
    );
  }

  async #told<T>(
    { providerId }: KeyProviderRecord,
    server: KeyServerRecord,
    step: KmipStep,
    work: (target: KeyServerTarget) => Promise<T>,
  ): Promise<T> {
    const about = { step, providerId, server: server.name };
    let credential: KeyServerTarget['credential'] = null;
    try {
      const target = await this.#targetOf(providerId, server);
      credential = await this.#credentialFor(providerId, server, step);
      const value = await work({ ...target, credential });
      this.#observer.emit({ type: 'KMS_STEP_DONE', ...about });
      return value;
    } catch (error) {
      const code = failureCode(error);
      if (code !== null) this.#observer.emit({ type: 'KMS_STEP_FAILED', ...about, code });
      throw error;
    } finally {
      credential?.password.fill(0);
    }
  }

  async #targetOf(providerId: ProviderId, server: KeyServerRecord): Promise<Omit<KeyServerTarget, 'credential'>> {
    const identity = await this.#vecs.clientIdentity(providerId);
    if (!identity) throw clientCertificateMissing(providerId);
    if (server.trustedCertificateSha256 === null) {
      throw new VCenterError(
        { code: 'SERVER_NOT_TRUSTED', providerId, server: server.name },
        `vCenter does not trust key server ${server.name} yet. Retrieve its certificate, compare the fingerprint and upload it as trusted.`,
      );
    }
    const trusted = await this.#vecs.trusted(server.trustedCertificateSha256);
    const operationId = this.#operationId;
    return { address: server.address, identity, trusted, ...(operationId !== undefined && { operationId }) };
  }
}
