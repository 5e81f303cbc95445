import { SystemClock } from '@vcryptsim/ports/os';
import { afterEach, describe, expect, it, vi } from 'vitest';

describe('SystemClock', () => {
  const clock = new SystemClock();
  afterEach(() => vi.restoreAllMocks());

  it('waits, at least as long as told', async () => {
    const startMs = performance.now();
    await clock.after(20);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(20);
    await clock.sleepUntil(clock.nowMs - 20);
    await clock.after(-5);
  });

  it('ends a wait in time when the time of day is set back or forward meanwhile', async () => {
    const HOUR_MS = 3_600_000;
    const waits = [clock.after(30), clock.sleepUntil(clock.nowMs + 30)];
    const ownNow = Date.now.bind(Date);
    const timeOfDay = vi.spyOn(Date, 'now');
    timeOfDay.mockImplementation(() => ownNow() - HOUR_MS);
    await Promise.all(waits);

    timeOfDay.mockRestore();
    const startMs = performance.now();
    const wait = clock.after(30);
    vi.spyOn(Date, 'now').mockImplementation(() => ownNow() + HOUR_MS);
    await wait;
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(30);
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

  it('beats until the signal fires', async () => {
    const end = new AbortController();
    let beats = 0;
    await new Promise<void>((resolve) => {
      const beat = (): void => {
        beats += 1;
        if (beats === 3) resolve();
      };
      clock.pulse(2, beat, end.signal);
    });
    end.abort();
    await clock.after(20);
    expect(beats).toBe(3);
    clock.pulse(1, () => expect.fail('it had ended'), end.signal);
    await clock.after(5);
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
