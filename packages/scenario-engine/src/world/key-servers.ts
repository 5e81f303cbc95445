import type { NetworkFault } from '@vcryptsim/simkit';

/** The key servers of a world, our own or somebody else's, as steps and the narrator see them. */
export interface KeyServers {
  /** Brings those of `nodes` back that are stopped. */
  start(nodes: readonly string[]): Promise<void>;
  /** Takes those of `nodes` away that run. */
  stop(nodes: readonly string[]): Promise<void>;
  /** Names of the nodes that run. */
  running(): readonly string[];
  /** Says whether the store holds a key of this identifier, as far as this run knows. */
  holds(keyId: string): boolean;
  /** Says whether a node that runs can give this key out. */
  serves(keyId: string): boolean;
  dispose(): Promise<void>;
}

/** The ways from vCenter to key servers, to be broken and mended. */
export interface KeyServerFaults {
  /** Breaks the way to a key server from now on; replaces an earlier fault. */
  set(server: string, fault: NetworkFault): void | Promise<void>;
  /** Mends it. */
  clear(server: string): void | Promise<void>;
}
