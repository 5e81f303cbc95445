import { KmipClient } from '@vcryptsim/kmip-lite/client';
import { KeyServer, type KmsError, type KmsEvent } from '@vcryptsim/kms';
import { peerJudge, selfSign } from '@vcryptsim/pki';
import type {
  Channel,
  ConnectOptions,
  FileSystem,
  KeyPair,
  KeyPairSource,
  KeyServerName,
  Network,
  NetworkAddress,
  TlsIdentity,
  WorldClock,
} from '@vcryptsim/ports';
import { exists, readWhole, replaceFile } from '@vcryptsim/ports';
import { SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem, MemoryNetwork, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { NOON_MS } from './world.js';

const DAY_MS = 86_400_000;
const LEADER = 'kms-a' as KeyServerName;
const FOLLOWER = 'kms-b' as KeyServerName;
const DOOR = { name: 'kms-a:replication' };

/** A leader in `/a`, a follower in `/b`, one client of both; each node is started and stopped by the test. */
export class ClusterLab {
  readonly files: FileSystem = new MemoryFileSystem();
  readonly events: KmsEvent[] = [];
  readonly refusals: KmsError[] = [];
  leader: KeyServer | null = null;
  follower: KeyServer | null = null;
  /** Connections of the follower to the leader that were opened. */
  readonly links: Channel[] = [];
  /** Runs before each connection of the follower; what it throws is what its network throws. */
  beforeLink: () => void = () => {};
  private starts = 0;
  private client: TlsIdentity | null = null;
  private link: { identity: TlsIdentity; authorities: Uint8Array[] } | null = null;

  private constructor(
    readonly clock: WorldClock,
    readonly network: Network,
    private readonly keyPairs: KeyPairSource,
    private readonly entropy: SeededEntropy,
  ) {}

  static run(work: (lab: ClusterLab) => Promise<void>, o: { wire?: 'memory' | 'tls'; seed?: number } = {}) {
    const clock = new VirtualClock({ startMs: NOON_MS });
    return clock.run(async () => {
      const network = o.wire === 'tls' ? new TlsNetwork(clock) : new MemoryNetwork(clock);
      const pairs = new SystemKeyPairs(clock);
      // EC pairs are made at once; on these wires nothing depends on RSA.
      const keyPairs: KeyPairSource = { generate: (): Promise<KeyPair> => pairs.generate('ec-p256') };
      const lab = new ClusterLab(clock, network, keyPairs, new SeededEntropy(o.seed ?? 5));
      try {
        await work(lab);
      } finally {
        await lab.follower?.close();
        await lab.leader?.close();
        await network.dispose();
      }
    });
  }

  async startLeader(o: { newAudit?: boolean } = {}): Promise<KeyServer> {
    const server = await this.open('/a', undefined, o);
    this.leader = server;
    await server.listen({ network: this.network, address: { name: LEADER }, nodeName: LEADER });
    await server.replicate({ network: this.network, address: DOOR, nodeName: LEADER });
    if (server.clients().length === 0) await this.register(server);
    return server;
  }

  /** Brings the root key over once, as an administrator does, and starts the follower. */
  async startFollower(o: { pauseMs?: number; maxLagMs?: number; rootKey?: Uint8Array } = {}): Promise<KeyServer> {
    const { files, network } = this;
    await files.mkdir('/b').catch(() => {});
    if (!(await exists(files, '/b/root.key'))) {
      await replaceFile(files, '/b/root.key', o.rootKey ?? (await readWhole(files, '/a/root.key', 32)));
    }
    this.link ??= await this.makeLink();
    const links = this.links;
    const counted: Network = {
      listen: (address, options) => network.listen(address, options),
      connect: async (address: NetworkAddress, options: ConnectOptions) => {
        this.beforeLink();
        const channel = await network.connect(address, options);
        links.push(channel);
        return channel;
      },
    };
    const server = await this.open('/b', {
      ...this.link,
      network: counted,
      address: DOOR,
      expectedName: 'kms-a',
      nodeName: FOLLOWER,
      ...(o.pauseMs !== undefined && { pauseMs: o.pauseMs }),
      ...(o.maxLagMs !== undefined && { maxLagMs: o.maxLagMs }),
      onRefused: (error) => void this.refusals.push(error),
    });
    this.follower = server;
    await server.listen({ network, address: { name: FOLLOWER }, nodeName: FOLLOWER });
    if (server.clients().length === 0) await this.register(server);
    return server;
  }

  async stop(node: 'leader' | 'follower'): Promise<void> {
    const server = this[node];
    this[node] = null;
    await server?.close();
  }

  /** A client's side to one of the nodes. */
  clientOf(node: 'leader' | 'follower'): KmipClient {
    const { clock, network, client: identity } = this;
    const server = this[node];
    if (!server || !identity) throw new Error(`${node} is down`);
    const judge = peerJudge({ pins: [], authorities: [server.pki.authority.certificate] }, clock, '127.0.0.1');
    const name = node === 'leader' ? LEADER : FOLLOWER;
    return new KmipClient({
      connect: (signal) => network.connect({ name }, { identity, judge, signal }),
      clock,
      timeoutMs: 5_000,
    });
  }

  /** Waits until the follower has all that the leader has. */
  async caughtUp(): Promise<void> {
    for (let left = 600; left > 0; left--) {
      const copy = this.follower?.cluster();
      const isLinked = copy?.role === 'follower' && copy.isLinked;
      if (isLinked && copy.lastWrite === this.leader?.cluster().lastWrite) return;
      await this.clock.after(100);
    }
    throw new Error(`the follower did not catch up: ${JSON.stringify(this.follower?.cluster())}`);
  }

  journalOf(node: 'leader' | 'follower'): Promise<Uint8Array> {
    return readWhole(this.files, node === 'leader' ? '/a/store/journal' : '/b/store/journal', 1024 ** 2);
  }

  private async open(
    folder: string,
    leader?: Parameters<typeof KeyServer.open>[0]['leader'],
    o: { newAudit?: boolean } = {},
  ): Promise<KeyServer> {
    this.starts += 1;
    return KeyServer.open({
      ...o,
      folder,
      files: this.files,
      clock: this.clock,
      keyPairs: this.keyPairs,
      entropy: this.entropy.fork(folder, this.starts),
      events: { emit: (event) => void this.events.push(event) },
      alternativeNames: [folder === '/a' ? LEADER : FOLLOWER],
      ...(leader && { leader }),
    });
  }

  private async register(server: KeyServer): Promise<void> {
    this.client ??= await this.selfSigned('vcenter');
    await server.addClient({ name: 'vcenter', certificate: this.client.chain[0] ?? new Uint8Array(0) });
  }

  private async makeLink() {
    const { leader } = this;
    if (!leader) throw new Error('the leader makes the link');
    const identity = await leader.pki.issueClient('kms-b');
    await leader.addFollower({ name: 'kms-b', certificate: identity.chain[0] ?? new Uint8Array(0) });
    return { identity, authorities: [leader.pki.authority.certificate] };
  }

  /** An identity that nobody signed but itself. */
  async selfSigned(name: string): Promise<TlsIdentity> {
    const keyPair = await this.keyPairs.generate('ec-p256');
    const validity = { notBeforeMs: NOON_MS - DAY_MS, notAfterMs: NOON_MS + 365 * DAY_MS };
    const entropy = this.entropy.fork(name, 1);
    return selfSign({ subject: `CN=${name}`, keyPair, entropy, clock: this.clock, ...validity });
  }

  /** Connects to the leader's door as somebody. */
  knock(identity: TlsIdentity): Promise<Channel> {
    const judge = peerJudge({ pins: [], authorities: this.link?.authorities ?? [] }, this.clock, 'kms-a');
    return this.network.connect(DOOR, { identity, judge });
  }

  /** The files of a node's store as they are on the medium now, to be opened by somebody else. */
  async copyOf(folder: '/a' | '/b'): Promise<FileSystem> {
    const copy = new MemoryFileSystem();
    await copy.mkdir(folder);
    await copy.mkdir(`${folder}/store`);
    for (const name of ['root.key', 'store/journal']) {
      const path = `${folder}/${name}`;
      if (await exists(this.files, path)) await replaceFile(copy, path, await readWhole(this.files, path, 1024 ** 2));
    }
    return copy;
  }

  /** Shuts the follower out by its file, as an administrator without our verbs does it. */
  async revokeFollower(): Promise<void> {
    await replaceFile(this.files, '/a/followers/kms-b/revoked', new Uint8Array(0));
  }

  /** Opens a folder as if it were a leader's. */
  openAsLeader(folder: string): Promise<KeyServer> {
    return this.open(folder);
  }

  /** What the follower shows the leader. */
  get linkIdentity(): TlsIdentity {
    if (!this.link) throw new Error('no follower yet');
    return this.link.identity;
  }

  /** The client's identity. */
  get clientIdentity(): TlsIdentity {
    if (!this.client) throw new Error('no client yet');
    return this.client;
  }
}
