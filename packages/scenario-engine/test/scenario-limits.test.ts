import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it, vi } from 'vitest';
import { GOOD, load, problemsOf } from './support/scenario-texts.js';

const withStep = (step: string) => `${GOOD}${step}\n`;
const partOf = (...uses: string[]) => `about: p\nsteps: [${uses.map((use) => `{ use: parts/${use} }`).join(', ')}]\n`;
const twelve = (name: string) => Array.from({ length: 12 }, () => name);

describe('the limits of a scenario', () => {
  it('end a part that uses itself twelve times with one sentence', async () => {
    const problems = await problemsOf(withStep('  - use: parts/p.yaml'), { 'p.yaml': partOf(...twelve('p.yaml')) });
    expect(problems.every((problem) => problem.includes('circle: parts/p.yaml uses parts/p.yaml'))).toBe(true);
    expect(problems).toHaveLength(12);
  });

  it('tell a circle of three by its names', async () => {
    const parts = { 'a.yaml': partOf('b.yaml'), 'b.yaml': partOf('c.yaml'), 'c.yaml': partOf('a.yaml') };
    const problems = await problemsOf(withStep('  - use: parts/a.yaml'), parts);
    expect(problems.join()).toContain('circle: parts/a.yaml uses parts/b.yaml uses parts/c.yaml uses parts/a.yaml');
  });

  it('read a part once, however many ways lead to it', async () => {
    const opened = vi.spyOn(MemoryFileSystem.prototype, 'open');
    try {
      // 12 to the power of 7 uses of the last part, all without a step.
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      const parts = Object.fromEntries(
        names.map((name, index) => [`${name}.yaml`, partOf(...twelve(`${names[index + 1] ?? 'end'}.yaml`))]),
      );
      await load(withStep('  - use: parts/a.yaml'), { ...parts, 'end.yaml': 'about: nothing\n' });
      const reads = opened.mock.calls.filter(([path, { access }]) => access === 'read' && path.endsWith('.yaml'));
      expect(reads).toHaveLength(1 + names.length + 1);
    } finally {
      opened.mockRestore();
    }
  });

  it('end at 5000 steps, whether parts or repetitions make them', async () => {
    const many = { 'a.yaml': partOf(...twelve('b.yaml')), 'b.yaml': partOf(...twelve('c.yaml')) };
    const waits = `about: c\nsteps:\n${'  - wait: 1s\n'.repeat(100)}`;
    expect((await problemsOf(withStep('  - use: parts/a.yaml'), { ...many, 'c.yaml': waits })).join()).toContain(
      'more than 5000 steps',
    );
    const nested = '  - repeat: { times: 1000, steps: [{ repeat: { times: 1000, steps: [{ wait: 1ms }] } }] }';
    expect((await problemsOf(withStep(nested))).join()).toContain('more than 5000 steps');
  });

  it.each([
    ['999999999d', "'999999999d' is outside the limits: 1 ms to 30 days"],
    ['0s', 'outside the limits'],
    ['31d', 'outside the limits'],
  ])('refuse wait: %s', async (wait, wanted) => {
    expect(await problemsOf(withStep(`  - wait: ${wait}`))).toEqual([expect.stringContaining(wanted)]);
  });

  it('count all waits together', async () => {
    const problems = await problemsOf(withStep('  - repeat: { times: 3, steps: [{ wait: 30d }] }'));
    expect(problems).toEqual([expect.stringContaining('longer than 60 days')]);
    expect(await problemsOf(withStep('  - repeat: { times: 2, steps: [{ wait: 30d }] }'))).toEqual([]);
  });

  it.each([
    ['until looks too often', '  - until: { vm.payroll.state: locked, within: 30d, every: 1ms }', 'more than 100000'],
    ['a slow answer of a week', '  - fault.kms: { nodes: all, mode: slow, delay: 7d }', 'outside the limits'],
    ['a sector with no number', '  - vm.read: { vm: payroll, lba: 1e300 }', 'outside the limits'],
    ['a sector before the first', '  - vm.read: { vm: payroll, lba: -1 }', '-1 is outside the limits: at least 0'],
    ['too many sectors', '  - vm.read: { vm: payroll, lba: 0, sectors: 70000 }', 'at most 65536'],
    ['a thousand and one times', '  - repeat: { times: 1001, steps: [{ wait: 1s }] }', 'at most 1000'],
    ['keys without end', '  - wait: 1s\n    expect: { keys.esx-1.ram: 1e12 }', 'at most 100000'],
    ['a part with a NUL', '  - use: "parts/a\\0b.yaml"', "'use' needs the path of a part"],
    ['a part elsewhere', '  - use: /etc/passwd', 'is not a path below'],
    ['a part with a long name', `  - use: ${'x'.repeat(5_000)}`, "'use' needs the path of a part"],
    ['an escape in a sentence', '  - say: "\\e[2J gone"', 'control character'],
    ['a sentence that runs backwards', '  - say: "abc \\u202e def"', 'invisible'],
    ['a verb of 1000 letters', `  - ${'v'.repeat(1_000)}: 1`, 'unknown step'],
    ['a VM of 100 kB', `  - vm.read: { vm: ${'v'.repeat(100_000)}, lba: 0 }`, 'is not known here; known: payroll'],
    ['a verb that every object has', '  - constructor: 1', "unknown step 'constructor'"],
    ['an expectation that every object has', '  - wait: 1s\n    expect: { toString: 1 }', 'unknown expectation'],
    ['a value without a text', '  - vm.read: { vm: { toString: 1 }, lba: 0 }', 'a text is expected here, not a map'],
    ['a prototype', '  - vm.read: { vm: payroll, lba: 0, __proto__: { x: 1 } }', "unknown word '__proto__'"],
  ])('hold against %s', async (_name, step, wanted) => {
    const problems = await problemsOf(withStep(step));
    expect(problems.join('\n')).toContain(wanted);
    expect(problems.join('\n').length).toBeLessThan(2_000);
  });

  it.each([
    ['a disk of ten thousand TiB', 'disk: 64MiB', 'disk: 10000TiB', 'at most 62 TiB'],
    ['a key server called all', 'kms-2', 'all', "'all' has a meaning of its own"],
    ['a host that is called vcenter', 'esx-1', 'vcenter', "'vcenter' has a meaning of its own"],
    ['one name for a host and a key server', '[esx-1]', '[esx-1, kms-1]', 'is a key server and a host'],
    ['names that differ in case only', '[esx-1]', '[esx-1, ESX-1]', "'ESX-1' and 'esx-1' differ only in case"],
    ['a name with an escape', 'name: n', 'name: "n\\e[31m"', 'control character'],
    ['an image path with a NUL', 'disk: 64MiB', 'disk: { image: "a\\0b" }', 'control character'],
    ['a replica that asks all the time', 'kms-2] }', 'kms-2], replication: { every: 1ms } }', 'outside the limits'],
    ['hundreds of hosts', '[esx-1]', `[${Array.from({ length: 97 }, (_, at) => `esx-${at + 1}`)}]`, 'at most 96'],
  ])('refuse a lab with %s', async (_name, from, to, wanted) => {
    expect((await problemsOf(GOOD.replaceAll(from, to))).join('\n')).toContain(wanted);
  });

  it('take names that every object has', async () => {
    const scenario = await load(GOOD.replaceAll('payroll', 'constructor').replace('esx-1]', 'esx-1, toString]'));
    expect(Object.keys(scenario.lab.vms)).toEqual(['constructor']);
  });

  it('end aliases, brackets and keys without end', async () => {
    const laughs = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`).join('\n');
    expect((await problemsOf(`l0: &l0 [x]\n${laughs}\n`)).join()).toContain('not usable YAML');
    const brackets = `name: n\nabout: ${'['.repeat(100_000)}`;
    expect(await problemsOf(brackets)).toEqual(['x.yaml:2:1: nested deeper than 64 levels.']);
    const behindComments = `name: n\nabout: ${'[ # ]\n'.repeat(20_000)}`;
    expect((await problemsOf(behindComments)).join()).toMatch(/nested|not valid YAML/);
    // Compared each with each, these keys take minutes.
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n');
    expect((await problemsOf(keys)).length).toBeLessThanOrEqual(51);
    expect((await problemsOf(`${keys}\nk7: 1\n`)).join()).toContain('x.yaml:60001:1: not valid YAML');
  });

  it('count mistakes that are too many to list', async () => {
    const wrong = await problemsOf(`${GOOD}${'  - wait: x\n'.repeat(90)}`);
    expect(wrong).toHaveLength(51);
    expect(wrong.at(-1)).toMatch(/^\.\.\. and \d+ more problems$/);
  });
});
