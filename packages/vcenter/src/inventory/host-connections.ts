import type { HostApi, HostRuntime } from '@vcryptsim/hypervisor/api';
import type { EventSink, HostName } from '@vcryptsim/ports';
import { codeOf, VCenterError } from '../errors.js';
import type { VCenterEvent } from '../events.js';
import type { HostLinks } from '../host-links.js';
import { hostEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import type { Inventory } from './inventory.js';

/** A host as it was just reached. */
export interface ReachedHost {
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
  readonly #connections = new Map<HostName, number>();

  constructor(o: {
    readonly links: HostLinks;
    readonly inventory: Inventory;
    readonly eventLog: EventLog;
    readonly observer: EventSink<VCenterEvent>;
  }) {
    this.#links = o.links;
    this.#inventory = o.inventory;
    this.#eventLog = o.eventLog;
    this.#observer = o.observer;
  }

  /**
   * Answers a host as it is now, after noting what it says of itself.
   *
   * @throws VCenterError HOST_NOT_FOUND, HOST_NOT_CONNECTED
   */
  async reach(name: HostName): Promise<ReachedHost> {
    const known = this.#inventory.host(name);
    try {
      const { api, runtime } = await this.call(name);
      const back = known.connectionState !== 'connected';
      if (back || known.incarnation !== runtime.incarnation || !this.#connections.has(name)) {
        this.#connections.set(name, this.#connectionOf(name) + 1);
        this.#observer.emit({ type: 'HOST_SEEN', host: name, incarnation: runtime.incarnation });
      }
      const { cryptoState, incarnation } = runtime;
      await this.#inventory.seeHost(name, { connectionState: 'connected', cryptoState, incarnation });
      if (back) await this.#eventLog.record('vim.event.HostConnectedEvent', hostEntity({ name }));
      return { name, api, runtime, connection: this.#connectionOf(name) };
    } catch (error) {
      if (error instanceof VCenterError && error.code === 'HOST_NOT_CONNECTED') await this.#lose(name);
      throw error;
    }
  }

  /** Answers those of some hosts that can be reached now. */
  async reachAll(names: readonly HostName[]): Promise<readonly ReachedHost[]> {
    const reached: ReachedHost[] = [];
    for (const name of names) {
      try {
        reached.push(await this.reach(name));
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

  async #lose(name: HostName): Promise<void> {
    if (this.#inventory.host(name).connectionState !== 'connected') return;
    await this.#inventory.seeHost(name, { connectionState: 'notResponding' });
    this.#observer.emit({ type: 'HOST_LOST', host: name });
    await this.#eventLog.record('vim.event.HostConnectionLostEvent', hostEntity({ name }));
  }

  #connectionOf(name: HostName): number {
    return this.#connections.get(name) ?? 0;
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
