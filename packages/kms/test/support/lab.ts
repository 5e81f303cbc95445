import type { Credential, ProtocolVersion } from '@vcryptsim/kmip-lite';
import { KmipClient } from '@vcryptsim/kmip-lite/client';
import { KeyServer, type KeyServerOptions, type KmsEvent } from '@vcryptsim/kms';
import { peerJudge, selfSign } from '@vcryptsim/pki';
import type {
  Entropy,
  FileSystem,
  KeyPair,
  KeyPairSource,
  KeyServerName,
  Network,
  TlsIdentity,
} from '@vcryptsim/ports';
import { SystemKeyPairs } from '@vcryptsim/ports/os';
import { MemoryFileSystem, MemoryNetwork, VirtualClock } from '@vcryptsim/simkit';
import { entropyOf, NOON_MS } from './world.js';

const DAY_MS = 86_400_000;
const NODE = 'kms-a' as KeyServerName;

/** What a test may set. */
export interface LabOptions {
  readonly files?: FileSystem;
  /** Which start of the folder this is; each has its own stream of chance. */
  readonly start?: number;
}

/** A key server with one node on the memory wire under virtual time, and clients for it. */
export class Lab {
  readonly events: KmsEvent[] = [];

  private constructor(
    readonly clock: VirtualClock,
    readonly network: Network,
    readonly files: FileSystem,
    readonly keyPairs: KeyPairSource,
    readonly start: number,
  ) {}

  /** Runs `work` in a lab of its own. */
  static run<T>(work: (lab: Lab) => Promise<T>, o: LabOptions = {}): Promise<T> {
    const clock = new VirtualClock({ startMs: NOON_MS });
    const files = o.files ?? new MemoryFileSystem();
    const lab = new Lab(clock, new MemoryNetwork(clock), files, new SystemKeyPairs(clock), o.start ?? 1);
    return clock.run(() => work(lab));
  }

  /** Opens the key server in `/kms` and lets it listen as `kms-a`. */
  async serve(
    o: {
      readonly wrapEntropy?: (entropy: Entropy) => Entropy;
      readonly newestVersion?: ProtocolVersion;
    } & Pick<KeyServerOptions, 'onFault' | 'quotas'> = {},
  ): Promise<KeyServer> {
    const { wrapEntropy = (entropy: Entropy) => entropy, newestVersion, ...options } = o;
    const { clock, files, keyPairs } = this;
    const sink = { emit: (event: KmsEvent) => void this.events.push(event) };
    const server = await KeyServer.open({
      folder: '/kms',
      files,
      clock,
      keyPairs,
      entropy: wrapEntropy(entropyOf(this.start)),
      events: sink,
      ...options,
    });
    await server.listen({ network: this.network, address: { name: NODE }, nodeName: NODE, newestVersion });
    return server;
  }

  /** An identity that signed itself and says nothing of its use, as vCenter makes it. */
  async selfSigned(o: { name?: string; fromMs?: number; toMs?: number; keyPair?: KeyPair } = {}): Promise<TlsIdentity> {
    const { name = 'kmipClient20261121', fromMs = NOON_MS - DAY_MS, toMs = NOON_MS + DAY_MS } = o;
    const keyPair = o.keyPair ?? (await this.keyPairs.generate('ec-p256'));
    const validity = { notBeforeMs: fromMs, notAfterMs: toMs };
    return selfSign({ subject: `CN=${name}`, keyPair, entropy: entropyOf(99), clock: this.clock, ...validity });
  }

  /** A client that trusts the server's authority. */
  client(
    server: KeyServer,
    identity: TlsIdentity,
    o: { credential?: Credential; version?: ProtocolVersion } = {},
  ): KmipClient {
    const judge = peerJudge({ pins: [], authorities: [server.pki.authority.certificate] }, this.clock, '127.0.0.1');
    return new KmipClient({
      connect: (signal) => this.network.connect({ name: NODE }, { identity, judge, signal }),
      clock: this.clock,
      timeoutMs: 5_000,
      ...o,
    });
  }

  /** Registers a self-signed client and gives it its client side. */
  async registered(server: KeyServer, name = 'vcenter'): Promise<KmipClient> {
    const identity = await this.selfSigned({ name });
    await server.addClient({ name, certificate: identity.chain[0]! });
    return this.client(server, identity);
  }
}
