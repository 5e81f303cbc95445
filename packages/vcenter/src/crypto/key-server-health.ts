import { KmipClientError } from '@vcryptsim/kmip-lite/client';
import { PkiError } from '@vcryptsim/pki';
import {
  type Clock,
  ClockError,
  type EventSink,
  type KeyServerName,
  NetworkError,
  type ProviderId,
} from '@vcryptsim/ports';
import { type KeyProviderRecord, type KeyServerRecord, VPXD } from '../database/schema.js';
import { failureCode } from '../kmip/failure-code.js';
import { pollHealth } from '../kmip/poll-health.js';
import type { Alarms } from '../records/alarms.js';
import { keyServerEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { ALARM_NAMES } from '../records/event-texts.js';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import type { KeyProviders } from './key-providers.js';
import type { KeyServers } from './key-servers.js';
import type { KmipServerStatus } from './kmip-server-status.js';

/** What the last poll of each key server found. It is looked at again after a reboot, so nobody keeps it. */
export class KeyServerHealth {
  readonly #servers: KeyServers;
  readonly #providers: KeyProviders;
  readonly #eventLog: EventLog;
  readonly #alarms: Alarms;
  readonly #clock: Clock;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #statuses: Map<string, KmipServerStatus>;

  constructor(o: {
    readonly servers: KeyServers;
    readonly providers: KeyProviders;
    readonly eventLog: EventLog;
    readonly alarms: Alarms;
    readonly clock: Clock;
    readonly observer: EventSink<VCenterEvent>;
    /** One map for all that poll the same servers. */
    readonly statuses: Map<string, KmipServerStatus>;
  }) {
    this.#servers = o.servers;
    this.#providers = o.providers;
    this.#eventLog = o.eventLog;
    this.#alarms = o.alarms;
    this.#clock = o.clock;
    this.#observer = o.observer;
    this.#statuses = o.statuses;
  }

  /** Status of each registered server; `gray` before its first poll. */
  statuses(): readonly KmipServerStatus[] {
    return this.#providers.all().flatMap((provider) =>
      provider.servers.map(
        (server) =>
          this.#statuses.get(placeOf(provider, server)) ?? {
            ...namesOf(provider, server),
            status: 'gray',
            connectionStatus: 'Not checked yet',
            clientTrustServer: null,
            serverTrustClient: null,
            checkedMs: this.#clock.nowMs,
          },
      ),
    );
  }

  /** Looks at each server of each provider, one after another: an empty connection, then Discover Versions twice. */
  async poll(): Promise<void> {
    for (const provider of this.#providers.all()) {
      for (const server of provider.servers) await this.#look(provider, server);
    }
  }

  /** Takes back the alarm of a server that is registered no more. */
  async forget(providerId: ProviderId, name: KeyServerName): Promise<void> {
    const entity = keyServerEntity(providerId, name);
    this.#statuses.delete(entity.id);
    await this.#alarms.clear(ALARM_NAMES.keyServerHealth, entity);
  }

  async #look(provider: KeyProviderRecord, server: KeyServerRecord): Promise<void> {
    const finding = await this.#ask(provider, server);
    const earlier = this.#statuses.get(placeOf(provider, server));
    const status = { ...namesOf(provider, server), ...finding, checkedMs: this.#clock.nowMs };
    this.#statuses.set(placeOf(provider, server), status);
    if (earlier?.status === status.status) return;
    this.#observer.emit({
      type: 'SERVER_HEALTH_CHANGED',
      providerId: provider.providerId,
      server: server.name,
      health: status.status,
    });
    const entity = keyServerEntity(provider.providerId, server.name);
    if (status.status === 'green') {
      await this.#alarms.clear(ALARM_NAMES.keyServerHealth, entity);
      return;
    }
    const type = 'com.vmware.vc.kms.crypto.Unreachable';
    const detail = status.connectionStatus;
    if (
      !(await this.#alarms.raise(ALARM_NAMES.keyServerHealth, entity, `${this.#eventLog.sentence(type)}: ${detail}`))
    ) {
      return;
    }
    await this.#eventLog.record({ type, entity, user: VPXD, arguments: { connectionStatus: detail }, detail });
  }

  async #ask(provider: KeyProviderRecord, server: KeyServerRecord): Promise<Finding> {
    try {
      await this.#servers.probe(provider, server);
      await this.#servers.converse(provider, server, 'HEALTH', pollHealth);
      return { status: 'green', connectionStatus: 'Connected', clientTrustServer: true, serverTrustClient: true };
    } catch (error) {
      if (failureCode(error) === null) throw error;
      return findingOf(error);
    }
  }
}

type Finding = Pick<KmipServerStatus, 'status' | 'connectionStatus' | 'clientTrustServer' | 'serverTrustClient'>;

/** The first two texts are VsanKmsHealth's (facts/kmip.md part 2); the others are ours. */
function findingOf(error: unknown): Finding {
  const red = (
    connectionStatus: string,
    clientTrustServer: boolean | null,
    serverTrustClient: boolean | null,
  ): Finding => ({
    status: 'red',
    connectionStatus,
    clientTrustServer,
    serverTrustClient,
  });
  if (isLate(error)) return red('Connection timeout to Key Management Server', null, null);
  // A server that does not accept our certificate ends the connection instead of answering (design.md section 5); one
  // that ends it inside an answer does accept it.
  if (error instanceof KmipClientError && error.code === 'CONNECTION_CLOSED' && error.answerBytes === 0) {
    return red('User authentication failed to Key Management Server', true, false);
  }
  if (error instanceof PkiError || (error instanceof VCenterError && error.code === 'SERVER_NOT_TRUSTED')) {
    return red('Key Management Server is not trusted', false, null);
  }
  if (error instanceof NetworkError) return red('Cannot connect to Key Management Server', null, null);
  return red('Key Management Server does not answer as it should', null, null);
}

function isLate(error: unknown): boolean {
  return (
    (error instanceof KmipClientError && error.code === 'TIMED_OUT') ||
    (error instanceof ClockError && error.code === 'TIMED_OUT')
  );
}

function namesOf({ providerId }: KeyProviderRecord, { name }: KeyServerRecord) {
  return { providerId, name };
}

function placeOf({ providerId }: KeyProviderRecord, { name }: KeyServerRecord): string {
  return keyServerEntity(providerId, name).id;
}
