import { KeyServer, type KeyServerNode, type KmsEvent } from '@vcryptsim/kms';
import type { Clock, Entropy, EventSink, FileSystem, KeyPairSource, KeyServerName, Network } from '@vcryptsim/ports';

import type { KeyServers } from './key-servers.js';

/** What a rack of key servers is made of. */
export interface KeyServerRackOptions {
  readonly nodes: readonly KeyServerName[];
  /** Absolute folder of the one key store that the nodes share. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly network: Network;
  readonly keyPairs: KeyPairSource;
  readonly events: EventSink<KmsEvent>;
}

/**
 * The nodes of one key-provider cluster: several doors to one durable key store, each to be stopped and started. When the
 * last one stops the key server itself ends and forgets every key; the next start reads them from its folder again.
 */
export class KeyServerRack implements KeyServers {
  readonly #options: KeyServerRackOptions;
  readonly #running = new Map<KeyServerName, KeyServerNode>();
  readonly #keyIds = new Set<string>();
  #server: KeyServer | null = null;
  #starts = 0;
  #certificate: Uint8Array = new Uint8Array(0);

  private constructor(options: KeyServerRackOptions) {
    this.#options = options;
  }

  /** Makes the key store and its certificate, which all nodes show, and starts them all. */
  static async open(options: KeyServerRackOptions): Promise<KeyServerRack> {
    const rack = new KeyServerRack(options);
    await rack.start(options.nodes);
    return rack;
  }

  /** DER of the certificate that the nodes show, for vCenter to trust. */
  get certificate(): Uint8Array {
    return this.#certificate;
  }

  /** Lets a client in by its certificate (DER). */
  async addClient(name: string, certificate: Uint8Array): Promise<void> {
    await (await this.#up()).addClient({ name, certificate });
  }

  /** Starts those of `nodes` that are stopped. */
  async start(nodes: readonly string[]): Promise<void> {
    const { network } = this.#options;
    for (const nodeName of this.#options.nodes) {
      if (!nodes.includes(nodeName) || this.#running.has(nodeName)) continue;
      const server = await this.#up();
      this.#running.set(nodeName, await server.listen({ network, address: { name: nodeName }, nodeName }));
    }
  }

  /** Stops those of `nodes` that run; the key store stays on its disk as it is. */
  async stop(nodes: readonly string[]): Promise<void> {
    for (const [name, node] of this.#running) {
      if (!nodes.includes(name)) continue;
      await node.stop();
      this.#running.delete(name);
    }
    if (this.#running.size === 0) await this.dispose();
  }

  /** Names of the nodes that run. */
  running(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Says whether the store holds a key of this identifier, in memory or only on its disk. */
  holds(keyId: string): boolean {
    return this.#keyIds.has(keyId);
  }

  /** Ends the key server: every node, every key in its memory. */
  async dispose(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#running.clear();
    await server?.close();
  }

  async #up(): Promise<KeyServer> {
    if (this.#server !== null) return this.#server;
    this.#starts++;
    const server = await KeyServer.open({
      ...this.#options,
      entropy: this.#options.entropy.fork('kms', this.#starts),
      events: { emit: (event) => this.#note(event) },
      alternativeNames: this.#options.nodes,
    });
    this.#certificate = server.pki.identity.chain[0] ?? this.#certificate;
    this.#server = server;
    return server;
  }

  #note(event: KmsEvent): void {
    if (event.type === 'KEY_CREATED') this.#keyIds.add(event.keyId);
    this.#options.events.emit(event);
  }
}
