import { durationSchema, formatDuration } from '@vcryptsim/lab';
import { expectationKind } from './expectation-kind.js';

/** `took`: the step took at most so much of the lab's time. */
export const took = expectationKind({
  word: 'took',
  about: "The step took at most this long, by the lab's time.",
  example: 'took: 5m',
  value: () => durationSchema,
  check: (limitMs, { observed, world }) => {
    const tookMs = world.clock.nowMs - observed.startMs;
    return {
      met: tookMs <= limitMs,
      wanted: `at most ${formatDuration(limitMs)}`,
      found: formatDuration(tookMs),
    };
  },
});
