import type { Administrator, KmsEvent } from '@vcryptsim/kms';
import type { Clock, Entropy, EventSink, FileSystem, KeyPairSource, KeyServerName, Network } from '@vcryptsim/ports';
import { assert, makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';
import type { NetworkFault } from '@vcryptsim/simkit';
import type { Incarnations } from '../folder/incarnations.js';
import { readFollowerPass, writeFollowerPass } from './follower-link.js';
import { KeyServerSeat } from './key-server-seat.js';
import type { KeyAtServer, KeyServers } from './key-servers.js';

const ROOT_KEY_BYTES = 32;

/** What a rack of key servers is made of. */
export interface KeyServerRackOptions {
  readonly nodes: readonly KeyServerName[];
  /** How long followers rest between two pulls, or null where all nodes share one store. */
  readonly replicationMs: number | null;
  /** Absolute folder of the one key store that the nodes share, or, with replication, of one folder a node. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly incarnations: Incarnations;
  readonly network: Network;
  readonly keyPairs: KeyPairSource;
  readonly events: EventSink<KmsEvent>;
  /** The fault on vCenter's way to a node now, or null. */
  readonly faultOf: (node: string) => NetworkFault | null;
}

const WORDS = {
  material: 'bytes',
  archived: 'archived',
  destroyed: 'destroyed',
  nothing: 'nothing',
  unknown: 'unknown',
} as const;

/**
 * The nodes of one key-provider cluster. Without replication they are several doors to one durable key store. With it
 * the first is the leader and the others follow: each has a folder of its own, and keys come to it some time later.
 */
export class KeyServerRack implements KeyServers {
  readonly #seats: KeyServerSeat[] = [];
  readonly #faultOf: (node: string) => NetworkFault | null;

  private constructor(faultOf: (node: string) => NetworkFault | null) {
    this.#faultOf = faultOf;
  }

  /** Opens the key stores, which are made with their certificates where there are none, and starts all nodes. */
  static async open(options: KeyServerRackOptions): Promise<KeyServerRack> {
    const rack = new KeyServerRack(options.faultOf);
    if (options.replicationMs === null) rack.#seats.push(new KeyServerSeat({ ...options, actor: 'kms' }));
    else await rack.#seatCluster(options, options.replicationMs);
    await rack.start(options.nodes);
    return rack;
  }

  /** DER of the certificate that a node shows, for vCenter to trust. */
  certificateOf(node: KeyServerName): Uint8Array {
    return this.#seatOf(node).certificate;
  }

  /** Lets a client in by its certificate (DER), at each key server. */
  async addClient(name: string, certificate: Uint8Array): Promise<void> {
    for (const seat of this.#seats) await seat.addClient(name, certificate);
  }

  async start(nodes: readonly string[]): Promise<void> {
    for (const seat of this.#seats) await seat.start(nodes);
  }

  async stop(nodes: readonly string[]): Promise<void> {
    for (const seat of this.#seats) await seat.stop(nodes);
  }

  running(): readonly string[] {
    return this.#seats.flatMap((seat) => seat.running());
  }

  /** The administrator of a node's key server, or null while it is off. */
  administratorOf(node: string): Administrator | null {
    return this.#seatOf(node).administrator;
  }

  names(): readonly string[] {
    return this.#seats.flatMap((seat) => seat.nodes);
  }

  async look(node: string, keyIds: readonly string[]): Promise<readonly KeyAtServer[]> {
    const here = this.#seatOf(node);
    const parts = await here.look(keyIds);
    const elsewhere = await this.#elsewhere(here, keyIds);
    const fault = this.#faultOf(node)?.kind ?? null;
    const off = !(here.running() as readonly string[]).includes(node);
    const reach = off ? 'off' : fault === 'hang' || fault === 'refuse' ? 'unreachable' : 'reachable';
    return parts.map((part, at) => {
      const has = part === 'nothing' && elsewhere[at] === true ? 'never replicated' : WORDS[part ?? 'unknown'];
      return { has, ageMs: null, reach };
    });
  }

  #seatOf(node: string): KeyServerSeat {
    const seat = this.#seats.find(({ nodes }) => (nodes as readonly string[]).includes(node));
    assert(seat, `there is a key server ${node}`);
    return seat;
  }

  /** Says of each key whether another seat's store has something of it. */
  async #elsewhere(here: KeyServerSeat, keyIds: readonly string[]): Promise<boolean[]> {
    const found = keyIds.map(() => false);
    for (const seat of this.#seats.filter((each) => each !== here)) {
      for (const [at, part] of (await seat.look(keyIds)).entries()) {
        if (part !== 'nothing' && part !== null) found[at] = true;
      }
    }
    return found;
  }

  async dispose(): Promise<void> {
    for (const seat of this.#seats) await seat.dispose();
  }

  /** A leader, and followers that were given its root key and a pass by hand, as an administrator does it. */
  async #seatCluster(options: KeyServerRackOptions, pauseMs: number): Promise<void> {
    const { files, network, folder, entropy } = options;
    const [first, ...others] = options.nodes;
    assert(first, 'a cluster has a first node');
    // No node's name has a colon.
    const address = { name: `${first}:replication` };
    const seatOf = (node: KeyServerName) => ({
      ...options,
      actor: node,
      nodes: [node],
      folder: `${folder}/${node}`,
      entropy: entropy.fork(node, 1),
    });
    const leader = new KeyServerSeat({ ...seatOf(first), replicatesAt: address });
    this.#seats.push(leader);
    for (const nodeName of others) {
      const own = `${folder}/${nodeName}`;
      let pass = await readFollowerPass(files, own);
      if (pass === null) {
        pass = await leader.admit(nodeName);
        await makeFolders(files, own);
        await copyRootKey(files, `${folder}/${first}`, own);
        await writeFollowerPass(files, own, pass);
      }
      // A name of every key server's certificate; the authority is the leader's own, so it says who that is.
      const to = { ...pass, network, address, expectedName: 'localhost', nodeName, pauseMs };
      this.#seats.push(new KeyServerSeat({ ...seatOf(nodeName), leader: to }));
    }
  }
}

async function copyRootKey(files: FileSystem, from: string, to: string): Promise<void> {
  const bytes = await readWhole(files, `${from}/root.key`, ROOT_KEY_BYTES);
  try {
    await replaceFile(files, `${to}/root.key`, bytes);
  } finally {
    bytes.fill(0);
  }
}
