import { KeyServer } from '@vcryptsim/kms';
import { peerJudge, selfSign } from '@vcryptsim/pki';
import type { Channel, KeyPair, KeyPairSource, KeyServerName, Network, WorldClock } from '@vcryptsim/ports';
import { SystemClock, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryFileSystem, MemoryNetwork, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import { contentOf } from './file-contents.js';

const DAY_MS = 86_400_000;
const NODE = 'kms-a' as KeyServerName;
const OWN_PAIRS = 2;

/** In memory, or mutual TLS on loopback. */
export type Wire = 'memory' | 'tls';

const WIRES: Readonly<Record<Wire, (clock: WorldClock) => Network & { dispose(): Promise<void> | void }>> = {
  memory: (clock) => new MemoryNetwork(clock),
  tls: (clock) => new TlsNetwork(clock),
};

/** A key server with an empty store, and clients that speak to it in bytes. */
export interface WireLab {
  readonly clock: WorldClock;
  /** Opens a connection as one of the clients, which are told apart by their number. */
  connect(client?: number): Promise<Channel>;
  /** The lines of the audit log, parsed. */
  audit(): Promise<AuditedLine[]>;
}

/** What tests look at in an audit line. */
export interface AuditedLine {
  readonly event: string;
  readonly client?: string;
  readonly items?: readonly { readonly operation: string; readonly status: string; readonly reason?: string }[];
}

/** RSA pairs for a server and its clients: made once, since they take their time. */
export async function makeKeyPairs(clients = 1): Promise<KeyPair[]> {
  const system = new SystemKeyPairs(new SystemClock());
  const pairs: KeyPair[] = [];
  while (pairs.length < OWN_PAIRS + clients) pairs.push(await system.generate('rsa-2048'));
  return pairs;
}

/**
 * Runs `work` with a key server of its own under virtual time.
 *
 * @param o.startMs when its world begins, in milliseconds since 1970
 * @param o.keyPairs of {@link makeKeyPairs}: two for the server, then one a client
 */
export function withKeyServer<T>(
  o: { readonly startMs: number; readonly keyPairs: readonly KeyPair[]; readonly wire: Wire },
  work: (lab: WireLab) => Promise<T>,
): Promise<T> {
  const clock = new VirtualClock({ startMs: o.startMs });
  return clock.run(async () => {
    const network = WIRES[o.wire](clock);
    const entropy = new SeededEntropy(4);
    const system = new SystemKeyPairs(clock);
    const own = o.keyPairs.slice(0, OWN_PAIRS);
    const keyPairs: KeyPairSource = { generate: async (kind) => own.shift() ?? system.generate(kind) };
    const files = new MemoryFileSystem();
    const events = { emit: () => {} };
    const world = { folder: '/kms', files, clock, entropy: entropy.fork('kms', 1), events, keyPairs };
    const server = await KeyServer.open(world);
    try {
      const validity = { notBeforeMs: o.startMs - DAY_MS, notAfterMs: o.startMs + 365 * DAY_MS };
      const identities = await Promise.all(
        o.keyPairs.slice(OWN_PAIRS).map(async (keyPair, at) => {
          const chance = entropy.fork('client', at + 1);
          const identity = await selfSign({ subject: `CN=client-${at}`, keyPair, entropy: chance, clock, ...validity });
          await server.addClient({ name: `client-${at}`, certificate: identity.chain[0] ?? new Uint8Array() });
          return identity;
        }),
      );
      await server.listen({ network, address: { name: NODE }, nodeName: NODE });
      const judge = peerJudge({ pins: [], authorities: [server.pki.authority.certificate] }, clock, '127.0.0.1');
      return await work({
        clock,
        connect: (client = 0) => {
          const identity = identities[client];
          if (identity === undefined) throw new Error(`there is no client ${client}`);
          return network.connect({ name: NODE }, { identity, judge });
        },
        audit: async () => {
          const bytes = (await contentOf(files, '/kms/audit.jsonl')) ?? new Uint8Array();
          const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
          return lines.map((line) => JSON.parse(line) as AuditedLine);
        },
      });
    } finally {
      await server.close();
      await network.dispose();
    }
  });
}
