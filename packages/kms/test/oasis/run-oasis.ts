import type { KeyPair } from '@vcryptsim/ports';
import { makeKeyPairs, type Wire, withKeyServer } from '../support/wire-lab.js';
import { type OasisCase, type OasisFile, storesOf } from './oasis-case.js';
import { type CaseOutcome, replayCase, startOf } from './replay-case.js';
import { whyUnsupported } from './unsupported.js';

/** A case and how it went. */
export interface ReplayedCase {
  readonly id: string;
  /** Why it cannot be replayed whole; what comes before must pass all the same. */
  readonly unsupported?: string;
  readonly outcome: CaseOutcome;
}

/** Replays all cases of a file, each on a connection of its own, in the order of the file. */
export async function* runOasis(file: OasisFile, wire: Wire): AsyncGenerator<ReplayedCase> {
  const keyPairs = await makeKeyPairs();
  for (const store of storesOf(file.cases)) yield* await runStore(store, file.now, keyPairs, wire);
}

async function runStore(
  cases: readonly OasisCase[],
  sampleNow: number,
  keyPairs: readonly KeyPair[],
  wire: Wire,
): Promise<ReplayedCase[]> {
  const startMs = Math.min(...cases.map(startOf));
  return withKeyServer({ startMs, keyPairs, wire }, async ({ clock, connect }) => {
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
