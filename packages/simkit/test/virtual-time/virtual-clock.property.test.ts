import { VirtualClock } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const timer = fc.record({
  delayMs: fc.nat(50),
  // When it is given up, if ever; at the same moment the timer has gone off first or not, by the order of the calls.
  abortAfterMs: fc.option(fc.nat(60), { nil: undefined }),
});

describe('VirtualClock', () => {
  it('lets each timer that is not given up go off at its time, in the order of time and calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(timer, { minLength: 1, maxLength: 30 }), async (timers) => {
        const clock = new VirtualClock({ startMs: 0 });
        const wentOff: (readonly [atMs: number, index: number])[] = [];
        await clock.run(() =>
          Promise.all(
            timers.map(async ({ delayMs, abortAfterMs }, index) => {
              const giveUp = new AbortController();
              const waiting = clock.after(delayMs, giveUp.signal).then(
                () => void wentOff.push([clock.nowMs, index]),
                () => {},
              );
              if (abortAfterMs !== undefined) {
                await clock.after(abortAfterMs);
                giveUp.abort();
              }
              await waiting;
            }),
          ),
        );
        const wanted = timers
          .map(({ delayMs, abortAfterMs }, index) => ({ delayMs, index, kept: (abortAfterMs ?? 99) >= delayMs }))
          .filter(({ kept }) => kept)
          .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index)
          .map(({ delayMs, index }) => [delayMs, index]);
        expect(wentOff).toEqual(wanted);
        const latest = timers.map(({ delayMs, abortAfterMs }) =>
          Math.max(abortAfterMs ?? 0, (abortAfterMs ?? 99) >= delayMs ? delayMs : 0),
        );
        expect(clock.nowMs).toBe(Math.max(...latest));
      }),
      { numRuns: 300 },
    );
  });
});
