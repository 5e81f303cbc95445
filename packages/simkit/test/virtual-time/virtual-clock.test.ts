import { webcrypto } from 'node:crypto';
import { VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const START_MS = Date.UTC(2030, 0, 1);
const newClock = (o: { passes?: number; ordered?: boolean } = {}) => new VirtualClock({ startMs: START_MS, ...o });
const realMs = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

describe('VirtualClock', () => {
  it('jumps from timer to timer, in the order of time and then of the calls', async () => {
    const clock = newClock();
    const log: string[] = [];
    await clock.run(async () => {
      const say = async (name: string, delayMs: number) => {
        await clock.after(delayMs);
        log.push(`${name}@${clock.nowMs - START_MS}`);
      };
      await Promise.all([say('c', 3_600_000), say('a', 5), say('b', 5), say('zero', 0), say('past', -5)]);
      await clock.sleepUntil(START_MS + 1);
      log.push(`after@${clock.nowMs - START_MS}`);
    });
    expect(log).toEqual(['zero@0', 'past@0', 'a@5', 'b@5', 'c@3600000', 'after@3600000']);
  });

  it('beats where time stops, before whatever else is due there, and never makes it stop', async () => {
    const clock = newClock();
    const end = new AbortController();
    const log: string[] = [];
    const say = (name: string): void => void log.push(`${name}@${clock.nowMs - START_MS}`);
    await clock.run(async () => {
      clock.pulse(3000, () => say('beat'), end.signal);
      for (const waitMs of [2999, 1, 1000, 31_536_000_000, 3000]) {
        await clock.after(waitMs);
        say('stop');
      }
      end.abort();
      await clock.after(60_000);
    });
    expect(log).toEqual(
      ['stop@2999', 'beat@3000', 'stop@3000', 'stop@4000', 'beat@31536004000', 'stop@31536004000'].concat([
        'beat@31536007000',
        'stop@31536007000',
      ]),
    );
    const stuck = clock.run(async () => {
      clock.pulse(3000, () => say('beat'), new AbortController().signal);
      await new Promise(() => {});
    });
    await expect(stuck).rejects.toMatchObject({ code: 'STUCK' });
  });

  it('runs through thousands of pending timers in order', async () => {
    const clock = newClock();
    const seen: number[] = [];
    const delays = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3001);
    await clock.run(() =>
      Promise.all(delays.map((delayMs) => clock.after(delayMs).then(() => seen.push(clock.nowMs - START_MS)))),
    );
    expect(seen).toEqual([...delays].sort((a, b) => a - b));
  });

  it('answers what main answers, and fails as main fails', async () => {
    await expect(newClock().run(async () => 42)).resolves.toBe(42);
    await expect(newClock().run(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    await expect(
      newClock().run(() => {
        throw new RangeError('at once');
      }),
    ).rejects.toThrow('at once');
  });

  it('ends as STUCK when everybody waits for nobody', async () => {
    const clock = newClock();
    const waiting = clock.run(async () => {
      await clock.after(1000);
      await new Promise(() => {});
    });
    await expect(waiting).rejects.toMatchObject({ code: 'STUCK' });
    expect(clock.nowMs).toBe(START_MS + 1000);
  });

  it('stands still while work is under way, however long it takes', async () => {
    const clock = newClock();
    await clock.run(async () => {
      const timer = clock.after(1).then(() => clock.nowMs);
      const work = clock.task('slow work', () => realMs(30).then(() => clock.nowMs));
      expect(await work).toBe(START_MS);
      expect(await timer).toBe(START_MS + 1);
    });
  });

  it('hands results out in the order of the calls, not of their ends', async () => {
    const clock = newClock();
    const log: string[] = [];
    await clock.run(async () => {
      const task = (name: string, takesMs: number) =>
        clock.task(name, () => realMs(takesMs)).then(() => log.push(`${name}@${clock.nowMs - START_MS}`));
      await Promise.all([task('slow', 25), task('quick', 1), task('middle', 10)]);
    });
    expect(log).toEqual(['slow@0', 'quick@0', 'middle@0']);
  });

  it('without order would hand them out as they end', async () => {
    const clock = newClock({ ordered: false });
    const log: string[] = [];
    await clock.run(async () => {
      const task = (name: string, takesMs: number) =>
        clock.task(name, () => realMs(takesMs)).then(() => log.push(name));
      await Promise.all([task('slow', 25), task('quick', 1)]);
    });
    expect(log).toEqual(['quick', 'slow']);
  });

  it('lets one result do all its work before the next one is seen', async () => {
    const clock = newClock();
    const log: string[] = [];
    await clock.run(async () => {
      const chain = async (name: string) => {
        await clock.after(1);
        for (let i = 0; i < 1000; i++) await null;
        log.push(name);
      };
      await Promise.all([chain('first'), chain('second')]);
    });
    expect(log).toEqual(['first', 'second']);
  });

  it('passes on failures of tasks, and those of work that throws at once', async () => {
    const clock = newClock();
    await clock.run(async () => {
      await expect(clock.task('bad', () => Promise.reject(new RangeError('later')))).rejects.toThrow('later');
      const throwing = () => {
        throw new RangeError('at once');
      };
      await expect(clock.task('bad', throwing)).rejects.toThrow('at once');
      const digest = await clock.task('hash', () => webcrypto.subtle.digest('SHA-256', new Uint8Array(1 << 20)));
      expect(digest.byteLength).toBe(32);
    });
  });

  it('gives a wait up by its signal, and leaves no empty turn behind', async () => {
    const clock = newClock();
    await clock.run(async () => {
      const giveUp = new AbortController();
      const waits = [clock.after(50_000, giveUp.signal), clock.sleepUntil(START_MS + 60_000, giveUp.signal)];
      await clock.after(10);
      giveUp.abort();
      for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(clock.after(5, giveUp.signal)).rejects.toMatchObject({ code: 'ABORTED' });
      expect(clock.nowMs).toBe(START_MS + 10);
    });
    const late = clock.run(() => new Promise(() => {}));
    await expect(late).rejects.toMatchObject({ code: 'STUCK' });
    expect(clock.nowMs).toBe(START_MS + 10);
  });

  it('limits work in time, and the loser of the race leaves no empty turn', async () => {
    const clock = newClock();
    await clock.run(async () => {
      expect(
        await clock.within(
          30_000,
          clock.after(10).then(() => 'in time'),
          () => {},
        ),
      ).toBe('in time');
      let late = 0;
      const slow = clock.within(1000, clock.after(5000), () => late++);
      await expect(slow).rejects.toMatchObject({ code: 'TIMED_OUT' });
      expect([late, clock.nowMs]).toEqual([1, START_MS + 1010]);
      await expect(clock.within(1000, Promise.reject(new RangeError('own')), () => late++)).rejects.toThrow('own');
      expect(late).toBe(1);
    });
    await expect(clock.run(() => new Promise(() => {}))).rejects.toMatchObject({ code: 'STUCK' });
    expect(clock.nowMs).toBe(START_MS + 5010);
  });

  it('is no faster than the wall while a peer outside may speak', async () => {
    const clock = newClock();
    await clock.run(async () => {
      const wallMs = Date.now();
      const end = clock.outside();
      await clock.after(60);
      expect(Date.now() - wallMs).toBeGreaterThanOrEqual(55);
      end();
      await clock.after(3_600_000);
    });
    expect(clock.nowMs).toBe(START_MS + 3_600_060);
  });

  it('counts the wall in while it waits, so that an answer after 40 real ms comes after 40 virtual ms', async () => {
    const clock = newClock();
    await clock.run(async () => {
      const end = clock.outside();
      const seq = clock.next();
      const answer = new Promise<number>((resolve) => {
        setTimeout(() => clock.deliver(seq, () => resolve(clock.nowMs - START_MS)), 40);
      });
      const atMs = await clock.within(30_000, answer, () => {});
      end();
      expect(atMs).toBeGreaterThanOrEqual(35);
      expect(atMs).toBeLessThan(30_000);
    });
  });

  it('waits for a probe that says that bytes are under way', async () => {
    const clock = newClock();
    let moving = true;
    clock.addProbe({ moving: () => moving, settled: () => {} });
    setTimeout(() => {
      moving = false;
    }, 30);
    let arrivedFirst = false;
    await clock.run(async () => {
      await clock.after(1);
      arrivedFirst = !moving;
    });
    expect(arrivedFirst).toBe(true);
  });

  it('names the holds that make no progress', async () => {
    const told: (readonly string[])[] = [];
    const clock = new VirtualClock({ startMs: START_MS, onStale: (labels) => told.push(labels) });
    await clock.run(async () => {
      const release = clock.hold('forgotten dial');
      setTimeout(release, 3500);
      await clock.after(1);
    });
    expect(told).toEqual([['forgotten dial']]);
  });

  it('finds a miscount within seconds', async () => {
    const clock = newClock();
    clock.addProbe({ moving: () => true, settled: () => {} });
    await expect(clock.run(() => clock.after(1))).rejects.toMatchObject({ code: 'BYTES_LOST' });
  }, 15_000);

  it('keeps several worlds in one process apart', async () => {
    const world = async (delayMs: number) => {
      const clock = newClock();
      const log: number[] = [];
      await clock.run(async () => {
        for (let i = 0; i < 50; i++) {
          await clock.task('work', () => realMs(i % 3));
          await clock.after(delayMs);
          log.push(clock.nowMs - START_MS);
        }
      });
      return log;
    };
    const alone = await world(10);
    expect(await Promise.all([world(10), world(3), world(10)])).toEqual([
      alone,
      Array.from({ length: 50 }, (_, i) => (i + 1) * 3),
      alone,
    ]);
  });
});
