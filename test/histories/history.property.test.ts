// A few short histories, so that a fault shows before `npm run histories` is run.
import { describe, expect, it } from 'vitest';
import { runHistory } from './history.js';

describe.each([false, true])('a random history of VMs, plain: %s', (isPlain) => {
  it.each([1, 2])('with seed %i is at every step what its model is', async (seed) => {
    const report = await runHistory({ seed, steps: 50, isPlain, qemuLooks: 0 });
    expect(report.failure).toBeNull();
    expect(report.steps).toBe(50);
    expect(report.compared).toBeGreaterThan(80);
  });
});

describe('a history', () => {
  it('is the same for the same seed', async () => {
    const spec = { seed: 7, steps: 20, isPlain: false, qemuLooks: 0 };
    expect(await runHistory(spec)).toEqual(await runHistory(spec));
  });
});
