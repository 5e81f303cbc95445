import { KeyServer } from '@vcryptsim/kms';
import { peerJudge, selfSign } from '@vcryptsim/pki';
import type { Channel, KeyPair, KeyPairSource, KeyServerName, Network, WorldClock } from '@vcryptsim/ports';
import { SystemKeyPairs } from '@vcryptsim/ports/os';
import { MemoryFileSystem, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';

const DAY_MS = 86_400_000;
const NODE = 'kms-a' as KeyServerName;

/** A key server with an empty store, and a client that it knows. */
export interface OasisServer {
  readonly clock: WorldClock;
  connect(): Promise<Channel>;
}

/**
 * Runs `work` with a key server of its own under virtual time.
 *
 * @param o.startMs when its world begins, in milliseconds since 1970
 * @param o.wire makes the network: in memory, or mutual TLS on loopback
 * @param o.keyPairs RSA, the client's and the server's own; made once for all servers, since they take their time
 */
export function withServer<T>(
  o: {
    readonly startMs: number;
    readonly keyPairs: readonly KeyPair[];
    readonly wire: (clock: WorldClock) => Network & { dispose(): Promise<void> | void };
  },
  work: (server: OasisServer) => Promise<T>,
): Promise<T> {
  const clock = new VirtualClock({ startMs: o.startMs });
  return clock.run(async () => {
    const network = o.wire(clock);
    const entropy = new SeededEntropy(4);
    const [own, ...made] = o.keyPairs;
    const system = new SystemKeyPairs(clock);
    const keyPairs: KeyPairSource = { generate: async (kind) => made.shift() ?? system.generate(kind) };
    const identity = await selfSign({
      subject: 'CN=oasis',
      keyPair: own ?? (await system.generate('rsa-2048')),
      entropy: entropy.fork('client', 1),
      clock,
      notBeforeMs: o.startMs - DAY_MS,
      notAfterMs: o.startMs + 365 * DAY_MS,
    });
    const files = new MemoryFileSystem();
    const events = { emit: () => {} };
    const server = await KeyServer.open({
      folder: '/kms',
      files,
      clock,
      entropy: entropy.fork('kms', 1),
      events,
      keyPairs,
    });
    try {
      const [certificate] = identity.chain;
      if (certificate === undefined) throw new Error('an identity has a certificate');
      await server.addClient({ name: 'oasis', certificate });
      await server.listen({ network, address: { name: NODE }, nodeName: NODE });
      const judge = peerJudge({ pins: [], authorities: [server.pki.authority.certificate] }, clock, '127.0.0.1');
      return await work({ clock, connect: () => network.connect({ name: NODE }, { identity, judge }) });
    } finally {
      await server.close();
      await network.dispose();
    }
  });
}
