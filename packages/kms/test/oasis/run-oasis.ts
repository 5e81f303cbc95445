import type { KeyPair, Network, WorldClock } from '@vcryptsim/ports';
import { SystemClock, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { MemoryNetwork } from '@vcryptsim/simkit';
import { type OasisCase, type OasisFile, storesOf } from './oasis-case.js';
import { withServer } from './oasis-server.js';
import { type CaseOutcome, replayCase, startOf } from './replay-case.js';
import { whyUnsupported } from './unsupported.js';

/** A case and how it went. */
export interface ReplayedCase {
  readonly id: string;
  /** Why it cannot be replayed whole; what comes before must pass all the same. */
  readonly unsupported?: string;
  readonly outcome: CaseOutcome;
}

/** In memory, or mutual TLS on loopback: the same cases, the same answers. */
export type Wire = 'memory' | 'tls';

const WIRES: Readonly<Record<Wire, (clock: WorldClock) => Network & { dispose(): Promise<void> | void }>> = {
  memory: (clock) => new MemoryNetwork(clock),
  tls: (clock) => new TlsNetwork(clock),
};

/** Replays all cases of a file, each on a connection of its own, in the order of the file. */
export async function* runOasis(file: OasisFile, wire: Wire): AsyncGenerator<ReplayedCase> {
  const system = new SystemKeyPairs(new SystemClock());
  const keyPairs: KeyPair[] = [];
  for (let count = 0; count < 3; count += 1) keyPairs.push(await system.generate('rsa-2048'));
  for (const store of storesOf(file.cases)) yield* await runStore(store, file.now, keyPairs, WIRES[wire]);
}

async function runStore(
  cases: readonly OasisCase[],
  sampleNow: number,
  keyPairs: readonly KeyPair[],
  wire: (typeof WIRES)[Wire],
): Promise<ReplayedCase[]> {
  const startMs = Math.min(...cases.map(startOf));
  return withServer({ startMs, keyPairs, wire }, async ({ clock, connect }) => {
    const replayed: ReplayedCase[] = [];
    for (const one of cases) {
      const channel = await connect();
      const unsupported = whyUnsupported(one);
      const outcome = await replayCase(one, { channel, clock, sampleNow });
      replayed.push({ id: one.id, ...(unsupported !== undefined && { unsupported }), outcome });
      await channel.close();
    }
    return replayed;
  });
}
