import { KeyServer, type KeyServerNode, type KmsEvent } from '@vcryptsim/kms';
import type { Clock, Entropy, EventSink, FileSystem, KeyPairSource, KeyServerName, Network } from '@vcryptsim/ports';

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

/** The nodes of one key-provider cluster: several doors to one durable key store, each to be stopped and started. */
export class KeyServerRack {
  readonly #options: KeyServerRackOptions;
  readonly #server: KeyServer;
  readonly #running = new Map<KeyServerName, KeyServerNode>();
  readonly #keyIds: ReadonlySet<string>;

  private constructor(options: KeyServerRackOptions, server: KeyServer, keyIds: ReadonlySet<string>) {
    this.#options = options;
    this.#server = server;
    this.#keyIds = keyIds;
  }

  /** Makes the key store and its certificate, which all nodes show, and starts them all. */
  static async open(options: KeyServerRackOptions): Promise<KeyServerRack> {
    const keyIds = new Set<string>();
    const events: EventSink<KmsEvent> = {
      emit: (event) => {
        if (event.type === 'KEY_CREATED') keyIds.add(event.keyId);
        options.events.emit(event);
      },
    };
    const entropy = options.entropy.fork('kms', 1);
    const server = await KeyServer.open({ ...options, entropy, events, alternativeNames: options.nodes });
    const rack = new KeyServerRack(options, server, keyIds);
    await rack.start(options.nodes);
    return rack;
  }

  /** DER of the certificate that the nodes show, for vCenter to trust. */
  get certificate(): Uint8Array {
    return this.#server.pki.identity.chain[0] ?? new Uint8Array(0);
  }

  /** Lets a client in by its certificate (DER). */
  async addClient(name: string, certificate: Uint8Array): Promise<void> {
    await this.#server.addClient({ name, certificate });
  }

  /** Starts those of `nodes` that are stopped. */
  async start(nodes: readonly string[]): Promise<void> {
    const { network } = this.#options;
    for (const nodeName of this.#options.nodes) {
      if (!nodes.includes(nodeName) || this.#running.has(nodeName)) continue;
      const node = await this.#server.listen({ network, address: { name: nodeName }, nodeName });
      this.#running.set(nodeName, node);
    }
  }

  /** Stops those of `nodes` that run; the key store stays as it is. */
  async stop(nodes: readonly string[]): Promise<void> {
    for (const [name, node] of this.#running) {
      if (!nodes.includes(name)) continue;
      await node.stop();
      this.#running.delete(name);
    }
  }

  /** Names of the nodes that run. */
  running(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Says whether the store holds a key of this identifier. */
  holds(keyId: string): boolean {
    return this.#keyIds.has(keyId);
  }

  /** Stops everything and lets go of the root key. */
  async dispose(): Promise<void> {
    this.#running.clear();
    await this.#server.close();
  }
}
