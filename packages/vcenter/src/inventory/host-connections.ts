import type { HostApi, HostRuntime } from '@vcryptsim/hypervisor/api';
import type { EventSink, HostName, MoRef } from '@vcryptsim/ports';
import { type HostRecord, VPXD } from '../database/schema.js';
import { hostEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import type { EventType } from '../records/event-texts.js';
import { codeOf, VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import type { HostLinks } from '../terms/host-links.js';
import type { Inventory } from './inventory.js';

/** A host as it was just reached. */
export interface ReachedHost {
  readonly id: MoRef<'HostSystem'>;
  readonly name: HostName;
  readonly api: HostApi;
  readonly runtime: HostRuntime;
  /** Another number than at an earlier reach means: it rebooted or was lost in between, so it may lack keys. */
  readonly connection: number;
}

/** vCenter's connections to the hosts of its inventory. */
export class HostConnections {
  readonly #links: HostLinks;
  readonly #inventory: Inventory;
  readonly #eventLog: EventLog;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #connections: Map<MoRef<'HostSystem'>, number>;

  constructor(o: {
    readonly links: HostLinks;
    readonly inventory: Inventory;
    readonly eventLog: EventLog;
    readonly observer: EventSink<VCenterEvent>;
    /** Number of the connection to each host; one map for all that reach the same hosts. */
    readonly connections: Map<MoRef<'HostSystem'>, number>;
  }) {
    this.#links = o.links;
    this.#inventory = o.inventory;
    this.#eventLog = o.eventLog;
    this.#observer = o.observer;
    this.#connections = o.connections;
  }

  /**
   * Answers a host as it is now, after noting what it says of itself.
   *
   * @throws VCenterError OBJECT_NOT_FOUND, HOST_NOT_CONNECTED
   */
  async reach(id: MoRef<'HostSystem'>): Promise<ReachedHost> {
    const known = this.#inventory.host(id);
    const { name } = known;
    try {
      const { api, runtime } = await this.call(name);
      const back = known.connectionState !== 'connected';
      if (back || known.incarnation !== runtime.incarnation || !this.#connections.has(id)) {
        this.#connections.set(id, this.#connectionOf(id) + 1);
        this.#observer.emit({ type: 'HOST_SEEN', host: name, incarnation: runtime.incarnation });
      }
      const { cryptoState, incarnation } = runtime;
      await this.#inventory.seeHost(id, { connectionState: 'connected', cryptoState, incarnation });
      if (back) await this.#tell('vim.event.HostConnectedEvent', known);
      return { id, name, api, runtime, connection: this.#connectionOf(id) };
    } catch (error) {
      if (error instanceof VCenterError && error.code === 'HOST_NOT_CONNECTED') await this.#lose(known);
      throw error;
    }
  }

  /** Answers those of some hosts that can be reached now. */
  async reachAll(ids: readonly MoRef<'HostSystem'>[]): Promise<readonly ReachedHost[]> {
    const reached: ReachedHost[] = [];
    for (const id of ids) {
      try {
        reached.push(await this.reach(id));
      } catch (error) {
        if (!(error instanceof VCenterError)) throw error;
      }
    }
    return reached;
  }

  /** Calls a host, in the inventory or not. @throws VCenterError HOST_NOT_CONNECTED */
  async call(name: HostName): Promise<{ readonly api: HostApi; readonly runtime: HostRuntime }> {
    try {
      const api = await this.#links.connect(name);
      return { api, runtime: await api.runtime() };
    } catch (error) {
      if (codeOf(error) === null) throw error;
      throw new VCenterError(
        { code: 'HOST_NOT_CONNECTED', host: name },
        `Host ${name} does not respond. Wait until it is up, or check its connection.`,
      );
    }
  }

  async #lose({ id, name }: HostRecord): Promise<void> {
    const host = this.#inventory.host(id);
    if (host.connectionState !== 'connected') return;
    await this.#inventory.seeHost(id, { connectionState: 'notResponding' });
    this.#observer.emit({ type: 'HOST_LOST', host: name });
    await this.#tell('vim.event.HostConnectionLostEvent', host);
  }

  #tell(type: EventType, host: HostRecord): Promise<void> {
    return this.#eventLog.record({ type, entity: hostEntity(host), user: VPXD });
  }

  #connectionOf(id: MoRef<'HostSystem'>): number {
    return this.#connections.get(id) ?? 0;
  }
}

/**
 * Asks hosts one after another. The first must answer; another that does not is left out, since it went meanwhile and
 * is attended when it is back.
 *
 * @throws what the first host refused with
 */
export async function askEach<T>(
  hosts: readonly ReachedHost[],
  ask: (host: ReachedHost) => Promise<T>,
): Promise<ReadonlyMap<ReachedHost, T>> {
  const answers = new Map<ReachedHost, T>();
  for (const host of hosts) {
    try {
      answers.set(host, await ask(host));
    } catch (error) {
      if (host === hosts[0] || codeOf(error) === null) throw error;
    }
  }
  return answers;
}
