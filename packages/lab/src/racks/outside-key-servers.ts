import { assert, type Network, type NetworkAddress, type WorldClock } from '@vcryptsim/ports';
import { type RelayMode, TcpRelay } from '@vcryptsim/ports/os';
import type { NetworkFault } from '@vcryptsim/simkit';
import type { VCenterEvent } from '@vcryptsim/vcenter';
import type { KmipExchange } from '../taps/wire-transcript.js';
import type { KeyAtServer, KeyServerFaults, KeyServers } from './key-servers.js';

interface Node {
  readonly relay: TcpRelay;
  stopped: boolean;
  fault: NetworkFault | null;
  /** Whether it answered when vCenter last spoke to it. */
  answers: boolean;
  /** What it last said of each key, when it was asked for its bytes. */
  readonly lastAnswers: Map<string, { readonly has: string; readonly atMs: number }>;
}

/** Codes of a step in which no answer came at all. */
const SILENCE: readonly string[] = [
  'REFUSED',
  'UNREACHABLE',
  'RESET',
  'CLOSED',
  'TIMED_OUT',
  'CONNECTION_CLOSED',
  'TLS_FAILED',
];

/** What the result of a Get says of the key's bytes. */
const FINDINGS: ReadonlyMap<string, string> = new Map([
  ['Success', 'bytes'],
  ['ItemNotFound', 'gone'],
  ['ObjectArchived', 'archived'],
  ['ObjectDestroyed', 'destroyed'],
]);

/**
 * A key server of somebody else under the names of a lab's nodes. Each name is a TCP relay of ours before it, which
 * refuses while the node counts as stopped, and hangs or is slow while a fault says so. The server itself is left alone.
 */
export class OutsideKeyServers implements KeyServers, KeyServerFaults {
  readonly #clock: WorldClock;
  readonly #nodes: ReadonlyMap<string, Node>;

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
      nodes.set(name, { relay, stopped: false, fault: null, answers: true, lastAnswers: new Map() });
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

  names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** Takes note of what vCenter is told there: of keys that it had made, and whether a server answered at all. */
  hear(event: VCenterEvent): void {
    if (event.type === 'KEY_GENERATED') this.#answered(event.server, event.keyId.keyId, 'bytes');
    const node = 'server' in event && typeof event.server === 'string' ? this.#nodes.get(event.server) : undefined;
    if (node === undefined) return;
    if (event.type === 'KMS_STEP_DONE') node.answers = true;
    if (event.type === 'KMS_STEP_FAILED') node.answers = !SILENCE.includes(event.code);
  }

  /** Takes note of an answer that passed on vCenter's wire. */
  hearAnswer({ server, operation, keyId, result }: KmipExchange): void {
    if (operation !== 'Get' || keyId === null || result === null) return;
    this.#answered(server, keyId, FINDINGS.get(result) ?? result);
  }

  async look(name: string, keyIds: readonly string[]): Promise<readonly KeyAtServer[]> {
    const node = this.#node(name);
    const isCut = node.fault?.kind === 'hang' || node.fault?.kind === 'refuse';
    const reach = node.stopped ? 'off' : isCut || !node.answers ? 'unreachable' : 'reachable';
    return keyIds.map((keyId) => {
      const answer = node.lastAnswers.get(keyId);
      const ageMs = answer === undefined ? null : this.#clock.nowMs - answer.atMs;
      return { has: answer?.has ?? 'unknown', ageMs, reach };
    });
  }

  faultOf(name: string): NetworkFault | null {
    return this.#node(name).fault;
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
    const node = this.#node(name);
    Object.assign(node, change);
    return this.#clock.task('change a relay', () => node.relay.set(modeOf(node)));
  }

  #answered(name: string, keyId: string, has: string): void {
    this.#nodes.get(name)?.lastAnswers.set(keyId, { has, atMs: this.#clock.nowMs });
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name);
    assert(node, `no key server ${name} in this lab; the loader checks names`);
    return node;
  }
}

function modeOf({ stopped, fault }: Node): RelayMode {
  return stopped ? { kind: 'refuse' } : (fault ?? { kind: 'pass' });
}
