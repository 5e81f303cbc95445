import type { EventSink, KeyServerName, ProviderId } from '@vcryptsim/ports';
import type { KeyProviderRecord, KeyServerRecord } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import type { KmipServerSpec } from '../terms/requests.js';

/** Percent-encoded names become file names; this keeps them below what file systems take. */
const NAME_MAX_BYTES = 200;

/** The standard key providers of a vCenter. Hosts and VMs name a provider by its ID, so it is found by name alone. */
export class KeyProviders {
  readonly #database: VcDatabase;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(database: VcDatabase, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#observer = observer;
  }

  all(): readonly KeyProviderRecord[] {
    return [...this.#database.table('keyProviders').values()];
  }

  /** @throws VCenterError PROVIDER_NOT_FOUND */
  named(providerId: ProviderId): KeyProviderRecord {
    const provider = this.#database.table('keyProviders').get(providerId);
    if (provider) return provider;
    throw new VCenterError(
      { code: 'PROVIDER_NOT_FOUND', providerId },
      `There is no key provider ${providerId}. Keys are found by the provider's name: add its key servers under exactly this name.`,
    );
  }

  /** @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND */
  server(providerId: ProviderId, name: KeyServerName): KeyServerRecord {
    const server = this.named(providerId).servers.find((known) => known.name === name);
    if (server) return server;
    throw new VCenterError(
      { code: 'SERVER_NOT_FOUND', providerId, server: name },
      `Key provider ${providerId} has no key server ${name}. Register it first.`,
    );
  }

  /** The provider of new keys. @throws VCenterError NO_DEFAULT_PROVIDER */
  default(): KeyProviderRecord {
    const provider = this.all().find((known) => known.useAsDefault);
    if (provider) return provider;
    throw new VCenterError(
      { code: 'NO_DEFAULT_PROVIDER' },
      'There is no default key provider. Register a key server, or mark one of the providers as default.',
    );
  }

  /** Adds a server at the end of its provider's order; the first server makes the provider. */
  async addServer({ providerId, server }: KmipServerSpec): Promise<void> {
    await this.#database.change((tx) => {
      this.refuseTaken({ providerId, server });
      const provider = tx.get('keyProviders', providerId);
      const useAsDefault = provider?.useAsDefault ?? this.all().every((known) => !known.useAsDefault);
      const servers = [...(provider?.servers ?? []), newRecord(server)];
      tx.put('keyProviders', providerId, { providerId, useAsDefault, servers });
    });
    this.#tellChanged(providerId);
  }

  /** Says that a server can be added. @throws VCenterError ALREADY_EXISTS, INVALID_ARGUMENT */
  refuseTaken({ providerId, server }: KmipServerSpec): void {
    const names = [providerId, server.name];
    if (
      names.some((name) => name === '' || encodeURIComponent(name).length > NAME_MAX_BYTES) ||
      server.userName === ''
    ) {
      const message = 'The name of a key provider or key server is empty or too long.';
      throw new VCenterError({ code: 'INVALID_ARGUMENT', what: 'name' }, message);
    }
    const provider = this.all().find((known) => known.providerId === providerId);
    if (provider?.servers.some((known) => known.name === server.name)) {
      const what = `key server ${server.name} in key provider ${providerId}`;
      throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
    }
  }

  /** Gives a server another address and user name; what is trusted there stays. @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND */
  async updateServer({ providerId, server }: KmipServerSpec): Promise<void> {
    await this.#changeServer(providerId, server.name, ({ trustedCertificateSha256 }) => ({
      ...newRecord(server),
      trustedCertificateSha256,
    }));
    this.#tellChanged(providerId);
  }

  /** Takes a server out, also while its keys are in use; with the last one the provider goes. */
  async removeServer(providerId: ProviderId, name: KeyServerName): Promise<void> {
    this.server(providerId, name);
    await this.#database.change((tx) => {
      const provider = this.named(providerId);
      const servers = provider.servers.filter((known) => known.name !== name);
      if (servers.length > 0) tx.put('keyProviders', providerId, { ...provider, servers });
      else tx.drop('keyProviders', providerId);
    });
    this.#tellChanged(providerId);
  }

  /** Makes new keys come from this provider. @throws VCenterError PROVIDER_NOT_FOUND */
  async markDefault(providerId: ProviderId): Promise<void> {
    this.named(providerId);
    await this.#database.change((tx) => {
      for (const provider of this.all()) {
        const useAsDefault = provider.providerId === providerId;
        if (provider.useAsDefault !== useAsDefault) {
          tx.put('keyProviders', provider.providerId, { ...provider, useAsDefault });
        }
      }
    });
    this.#observer.emit({ type: 'DEFAULT_PROVIDER_CHANGED', providerId });
  }

  /** Notes which certificate of a server is trusted. @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND */
  async trust(providerId: ProviderId, name: KeyServerName, trustedCertificateSha256: string): Promise<void> {
    await this.#changeServer(providerId, name, (server) => ({ ...server, trustedCertificateSha256 }));
    this.#observer.emit({ type: 'SERVER_TRUSTED', providerId, server: name });
  }

  async #changeServer(
    providerId: ProviderId,
    name: KeyServerName,
    change: (server: KeyServerRecord) => KeyServerRecord,
  ): Promise<void> {
    this.server(providerId, name);
    const changed = (server: KeyServerRecord) => (server.name === name ? change(server) : server);
    await this.#database.change((tx) => {
      const provider = this.named(providerId);
      tx.put('keyProviders', providerId, { ...provider, servers: provider.servers.map(changed) });
    });
  }

  #tellChanged(providerId: ProviderId): void {
    const servers = this.all().find((known) => known.providerId === providerId)?.servers.length ?? 0;
    this.#observer.emit({ type: 'PROVIDER_CHANGED', providerId, servers });
  }
}

function newRecord({ name, address, userName }: KmipServerSpec['server']): KeyServerRecord {
  return { name, address, userName: userName ?? null, trustedCertificateSha256: null };
}
