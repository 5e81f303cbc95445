// One seed, one log: over real mutual TLS, with a prompt and with a late kernel, and the same on the memory wire.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cast, makeCast } from '../support/identities.js';
import { delayTheKernel } from '../support/late-kernel.js';
import { crowd, scenarios, silence } from '../support/scenarios.js';
import { run, type WorldOptions } from '../support/world.js';

let cast: Cast;
beforeAll(async () => {
  cast = await makeCast();
});

async function digests(name: string, runs: number, o: WorldOptions = {}): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < runs; i++) found.add((await run(cast, scenarios[name] ?? silence, o)).digest);
  return found;
}

async function whileLate<T>(work: () => Promise<T>): Promise<T> {
  const prompt = delayTheKernel();
  try {
    return await work();
  } finally {
    prompt();
  }
}

describe.each(Object.keys(scenarios))('%s', (name) => {
  it('has one log over TLS, and the same on the memory wire', async () => {
    const overTls = await run(cast, scenarios[name] ?? silence);
    expect(overTls.lines.length).toBeGreaterThan(5);
    expect(overTls.lines.join()).not.toMatch(/STUCK|HELD|BYTES_LOST/);
    expect((await run(cast, scenarios[name] ?? silence, { wire: 'memory' })).lines).toEqual(overTls.lines);
    expect(await digests(name, 4)).toEqual(new Set([overTls.digest]));
  });

  it('has the same log when the kernel is late', async () => {
    const prompt = await run(cast, scenarios[name] ?? silence, { wire: 'memory' });
    const runs = name === 'healthPoll' ? 1 : 3;
    expect(await whileLate(() => digests(name, runs))).toEqual(new Set([prompt.digest]));
  });
});

describe('the seed', () => {
  it('decides: another one, another log', async () => {
    const logs = new Set<string>();
    for (const seed of [1, 2, 3]) logs.add((await run(cast, crowd, { seed, wire: 'memory' })).digest);
    expect(logs.size).toBe(3);
  });
});

// These tests are worth something only if a wrong clock does not pass them.
describe('a naive clock, without counting and without order', () => {
  it('is found out by a late kernel', async () => {
    const right = await run(cast, crowd);
    const found = await whileLate(() => digests('crowd', 4, { naive: true }));
    expect(found.has(right.digest)).toBe(false);
    expect(found.size).toBeGreaterThan(1);
  });

  it('sees time-outs that never were', async () => {
    const right = await run(cast, silence);
    const wrong = new Set<string>();
    await whileLate(async () => {
      for (let i = 0; i < 6; i++) wrong.add((await run(cast, silence, { naive: true })).lines.join('\n'));
    });
    expect([...wrong].some((lines) => lines !== right.lines.join('\n'))).toBe(true);
  });
});

describe('silence', () => {
  it('costs virtual time only, and what each side saw is as TCP has it', async () => {
    const { lines } = await run(cast, silence);
    expect(lines).toEqual([
      '0 dumb accepts CN=vcenter',
      '30 vcenter dumb: TIMED_OUT',
      '30 dumb channel RESET',
      '30 half accepts CN=vcenter',
      '30 vcenter half: half',
      '30 slow accepts CN=vcenter',
      '40 vcenter slow: get',
      '40 cut accepts CN=vcenter',
      '40 vcenter cut: RESET',
      '40 cut channel CLOSED',
      '40 vcenter nobody: REFUSED',
    ]);
  });
});
