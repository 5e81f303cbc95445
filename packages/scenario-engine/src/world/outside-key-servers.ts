import { assert, type Network, type NetworkAddress, type WorldClock } from '@vcryptsim/ports';
import { type RelayMode, TcpRelay } from '@vcryptsim/ports/os';
import type { NetworkFault } from '@vcryptsim/simkit';
import type { KeyServerFaults, KeyServers } from './key-servers.js';

interface Node {
  readonly relay: TcpRelay;
  stopped: boolean;
  fault: NetworkFault | null;
}

/**
 * A key server of somebody else under the names of a lab's nodes. Each name is a TCP relay of ours before it, which
 * refuses while the node counts as stopped, and hangs or is slow while a fault says so. The server itself is left alone.
 */
export class OutsideKeyServers implements KeyServers, KeyServerFaults {
  readonly #clock: WorldClock;
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #keyIds = new Set<string>();

  private constructor(clock: WorldClock, nodes: ReadonlyMap<string, Node>) {
    this.#clock = clock;
    this.#nodes = nodes;
  }

  /**
   * Opens a relay for each name.
   *
   * @param address of the server, the same for all names
   * @throws NetworkError
   */
  static async open(
    clock: WorldClock,
    names: readonly string[],
    address: { readonly host: string; readonly port: number },
  ): Promise<OutsideKeyServers> {
    const nodes = new Map<string, Node>();
    for (const name of names) {
      const relay = await clock.task('open a relay', () => TcpRelay.open(address));
      nodes.set(name, { relay, stopped: false, fault: null });
    }
    return new OutsideKeyServers(clock, nodes);
  }

  /** A network in which these names are known; all else goes to `inner`. */
  reachedBy(inner: Network): Network {
    const place = (address: NetworkAddress): NetworkAddress => {
      const node = 'name' in address ? this.#nodes.get(address.name) : undefined;
      return node?.relay.address ?? address;
    };
    return {
      connect: (address, options) => inner.connect(place(address), options),
      listen: (address, options) => inner.listen(address, options),
    };
  }

  async start(nodes: readonly string[]): Promise<void> {
    for (const name of nodes) await this.#change(name, { stopped: false });
  }

  async stop(nodes: readonly string[]): Promise<void> {
    for (const name of nodes) await this.#change(name, { stopped: true });
  }

  running(): readonly string[] {
    return [...this.#nodes].filter(([, { stopped }]) => !stopped).map(([name]) => name);
  }

  /** Notes a key that vCenter had made there. */
  note(keyId: string): void {
    this.#keyIds.add(keyId);
  }

  holds(keyId: string): boolean {
    return this.#keyIds.has(keyId);
  }

  serves(keyId: string): boolean {
    return this.holds(keyId) && this.running().length > 0;
  }

  set(name: string, fault: NetworkFault): Promise<void> {
    return this.#change(name, { fault });
  }

  clear(name: string): Promise<void> {
    return this.#change(name, { fault: null });
  }

  async dispose(): Promise<void> {
    for (const { relay } of this.#nodes.values()) await this.#clock.task('close a relay', () => relay.close());
  }

  #change(name: string, change: Partial<Pick<Node, 'stopped' | 'fault'>>): Promise<void> {
    const node = this.#nodes.get(name);
    assert(node, `no key server ${name} in this lab; the loader checks names`);
    Object.assign(node, change);
    return this.#clock.task('change a relay', () => node.relay.set(modeOf(node)));
  }
}

function modeOf({ stopped, fault }: Node): RelayMode {
  return stopped ? { kind: 'refuse' } : (fault ?? { kind: 'pass' });
}
