import type { WorldClock } from '@vcryptsim/ports';
import { SystemClock } from '@vcryptsim/ports/os';
import { VirtualClock } from '@vcryptsim/simkit';

/** When virtual time begins: 2026-01-05T08:00:00Z, a Monday morning. */
const VIRTUAL_START_MS = Date.UTC(2026, 0, 5, 8);

/** A clock, and the way to let the world run on it until some work is done. */
export interface Drive {
  readonly clock: WorldClock;
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Makes a clock and the way to drive it.
 *
 * @param startMs when virtual time begins; now, where a peer outside looks at dates too
 */
export function driveOf(kind: 'virtual' | 'real', startMs = VIRTUAL_START_MS): Drive {
  if (kind === 'real') return { clock: new SystemClock(), run: (work) => work() };
  const clock = new VirtualClock({ startMs });
  return { clock, run: (work) => clock.run(() => work().finally(() => settle(clock))) };
}

/** A world that never comes to rest within one moment is broken; this many turns are far more than any step needs. */
const SETTLING_TURNS_MAX = 10_000;

/**
 * Waits, within the present moment, until everything that is under way has been handed out. Between two drives nothing is
 * left to happen then, so the log does not depend on how long a person takes to read.
 *
 * A timer that is due at once comes only after all results; if nothing else happened, that is one turn. The batch that
 * it came in may have started something new, so two such turns in a row are wanted.
 */
async function settle(clock: VirtualClock): Promise<void> {
  for (let calm = 0, spent = 0; calm < 2 && spent < SETTLING_TURNS_MAX; ) {
    const before = clock.turns;
    await clock.after(0);
    const turns = clock.turns - before;
    spent += turns;
    calm = turns <= 1 ? calm + 1 : 0;
  }
}
