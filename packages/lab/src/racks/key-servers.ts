import type { NetworkFault } from '@vcryptsim/simkit';

/** What a key server has of a key. */
export interface KeyAtServer {
  /**
   * - `bytes`: it can give the key out
   * - `archived`: it has the key and gives it out to nobody until it is recovered
   * - `destroyed`: it has the key's record and no bytes
   * - `never replicated`: another node's store has the key, this one's does not
   * - `nothing`: the key is not there
   * - `unknown`: a server outside that was never asked for it, or a store that changed while its server was off
   * - a KMIP result reason with which a server outside refused it
   */
  readonly has: string;
  /** Milliseconds since a server outside said so; null when its store was looked at now. */
  readonly ageMs: number | null;
  /** `off` while the node is stopped, `unreachable` while it does not answer vCenter. */
  readonly reach: 'reachable' | 'unreachable' | 'off';
}

/** The key servers of a world, our own or somebody else's, as steps and the narrator see them. */
export interface KeyServers {
  /** Brings those of `nodes` back that are stopped. */
  start(nodes: readonly string[]): Promise<void>;
  /** Takes those of `nodes` away that run. */
  stop(nodes: readonly string[]): Promise<void>;
  /** Names of the nodes that run. */
  running(): readonly string[];
  /** Names of all nodes, in the provider's order. */
  names(): readonly string[];
  /** Looks what a node has of some keys at this moment; answers in their order. */
  look(node: string, keyIds: readonly string[]): Promise<readonly KeyAtServer[]>;
  dispose(): Promise<void>;
}

/** The ways from vCenter to key servers, to be broken and mended. */
export interface KeyServerFaults {
  /** Breaks the way to a key server from now on; replaces an earlier fault. */
  set(server: string, fault: NetworkFault): void | Promise<void>;
  /** Mends it. */
  clear(server: string): void | Promise<void>;
  /** The fault on the way to it now, or null. */
  faultOf(server: string): NetworkFault | null;
}
