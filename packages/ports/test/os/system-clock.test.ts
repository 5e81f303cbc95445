import { SystemClock } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('waits, at least as long as told', async () => {
    const startMs = clock.nowMs;
    await clock.after(20);
    expect(clock.nowMs - startMs).toBeGreaterThanOrEqual(20);
    await clock.sleepUntil(startMs);
    await clock.after(-5);
  });

  it('gives a wait up by its signal, also one that fired before', async () => {
    const giveUp = new AbortController();
    const waits = [clock.after(60_000, giveUp.signal), clock.sleepUntil(clock.nowMs + 2 ** 40, giveUp.signal)];
    giveUp.abort();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ name: 'ClockError', code: 'ABORTED' });
    await expect(clock.after(1, giveUp.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('limits work in time, and calls the late work off once', async () => {
    let late = 0;
    await expect(clock.within(60_000, Promise.resolve('done'), () => late++)).resolves.toBe('done');
    await expect(clock.within(60_000, Promise.reject(new RangeError('own')), () => late++)).rejects.toThrow('own');
    expect(late).toBe(0);
    await expect(clock.within(5, new Promise(() => {}), () => late++)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(late).toBe(1);
    const failsLater = new Promise((_, reject) => {
      setTimeout(() => reject(new Error('nobody hears this')), 15);
    });
    await expect(clock.within(5, failsLater, () => late++)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await clock.after(20);
  });

  it('delivers at once, and numbers calls in their order', () => {
    const log: string[] = [];
    const [first, second] = [clock.next(), clock.next()];
    clock.deliver(second, () => log.push('second'));
    clock.deliver(first, () => log.push('first'));
    expect(log).toEqual(['second', 'first']);
    expect(second - first).toBeGreaterThanOrEqual(2);
    clock.hold('nothing')();
    clock.outside()();
    clock.touch();
  });

  it('runs tasks, and passes their failures on', async () => {
    await expect(clock.task('work', async () => 5)).resolves.toBe(5);
    await expect(clock.task('work', () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
  });
});
