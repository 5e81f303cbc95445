import {
  type Administrator,
  KeyServer,
  type KeyServerNode,
  type KmsEvent,
  type LeaderAddress,
  type StoredPart,
} from '@vcryptsim/kms';
import {
  assert,
  type Clock,
  type Entropy,
  type EventSink,
  type FileSystem,
  type KeyId,
  type KeyPairSource,
  type KeyServerName,
  type Network,
  type NetworkAddress,
} from '@vcryptsim/ports';
import { digestFolder } from '../folder/digest-folder.js';
import type { Incarnations } from '../folder/incarnations.js';
import type { FollowerPass } from './follower-link.js';

/** What a seat is made of. */
export interface KeyServerSeatOptions {
  /** Under which its starts are counted. */
  readonly actor: string;
  readonly incarnations: Incarnations;
  /** Doors to this seat's store. */
  readonly nodes: readonly KeyServerName[];
  /** Absolute. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Forked for this seat. */
  readonly entropy: Entropy;
  readonly network: Network;
  readonly keyPairs: KeyPairSource;
  readonly events: EventSink<KmsEvent>;
  /** Where followers copy its store; none does without. */
  readonly replicatesAt?: NetworkAddress;
  /** Whom it follows; without, it takes changes itself. */
  readonly leader?: LeaderAddress;
}

/**
 * The place of one key server: its folder and its doors, each to be stopped and started. When the last door closes the
 * key server itself ends and forgets every key; the next start reads them from its folder again.
 */
export class KeyServerSeat {
  readonly #options: KeyServerSeatOptions;
  readonly #running = new Map<KeyServerName, KeyServerNode>();
  #server: KeyServer | null = null;
  /** What the store had when the server ended, and the digest of its files then. */
  #left: { readonly contents: ReadonlyMap<KeyId, StoredPart>; readonly digest: string } | null = null;
  #certificate: Uint8Array = new Uint8Array(0);

  constructor(options: KeyServerSeatOptions) {
    this.#options = options;
  }

  get nodes(): readonly KeyServerName[] {
    return this.#options.nodes;
  }

  /** DER of the certificate that its nodes show. */
  get certificate(): Uint8Array {
    return this.#certificate;
  }

  /** Lets a client in by its certificate (DER). */
  async addClient(name: string, certificate: Uint8Array): Promise<void> {
    await (await this.#up()).addClient({ name, certificate });
  }

  /** Lets another seat copy the store. */
  async admit(follower: string): Promise<FollowerPass> {
    const server = await this.#up();
    const identity = await server.pki.issueClient(follower);
    const [certificate] = identity.chain;
    assert(certificate, 'an identity has a certificate');
    await server.addFollower({ name: follower, certificate });
    return { identity, authorities: [server.pki.authority.certificate] };
  }

  /** Starts those of `nodes` that are its own and stopped. */
  async start(nodes: readonly string[]): Promise<void> {
    const { network } = this.#options;
    for (const nodeName of this.nodes) {
      if (!nodes.includes(nodeName) || this.#running.has(nodeName)) continue;
      const server = await this.#up();
      this.#running.set(nodeName, await server.listen({ network, address: { name: nodeName }, nodeName }));
    }
  }

  /** Stops those of `nodes` that are its own and run; the store stays on its disk as it is. */
  async stop(nodes: readonly string[]): Promise<void> {
    for (const [name, node] of this.#running) {
      if (!nodes.includes(name)) continue;
      await node.stop();
      this.#running.delete(name);
    }
    if (this.#running.size === 0) await this.dispose();
  }

  /** Names of the nodes that run. */
  running(): readonly KeyServerName[] {
    return [...this.#running.keys()];
  }

  /** Its administrator, or null while it is off. */
  get administrator(): Administrator | null {
    return this.#server?.administrator ?? null;
  }

  /**
   * What its store has of some keys now, in their order; null when nobody knows, because the files changed while the
   * server was off. Those are read once, however many keys are asked for.
   */
  async look(keyIds: readonly string[]): Promise<readonly (StoredPart | null)[]> {
    const server = this.#server;
    if (server !== null) return keyIds.map((id) => server.look(id as KeyId));
    const left = this.#left;
    const isKnown = left !== null && (await this.#digest()) === left.digest;
    return keyIds.map((id) => (isKnown ? (left.contents.get(id as KeyId) ?? 'nothing') : null));
  }

  /** Ends the key server: every node, every key in its memory. */
  async dispose(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    this.#running.clear();
    const contents = server.contents();
    await server.close();
    this.#left = { contents, digest: await this.#digest() };
  }

  #digest(): Promise<string> {
    return digestFolder(this.#options.files, `${this.#options.folder}/store`);
  }

  async #up(): Promise<KeyServer> {
    if (this.#server !== null) return this.#server;
    const { network, nodes, replicatesAt, actor, incarnations } = this.#options;
    const start = await incarnations.next(actor);
    const server = await KeyServer.open({
      ...this.#options,
      entropy: this.#options.entropy.fork('kms', start),
      alternativeNames: nodes,
    });
    this.#certificate = server.pki.identity.chain[0] ?? this.#certificate;
    this.#server = server;
    const [nodeName] = nodes;
    if (replicatesAt && nodeName) await server.replicate({ network, address: replicatesAt, nodeName });
    return server;
  }
}
