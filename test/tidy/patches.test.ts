// The list of patches (scripts/patches.mjs) must fit the sources that it breaks: checked here, run there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './source.js';

interface Patch {
  readonly name: string;
  readonly stands: string;
  readonly says: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly test:
    | { readonly scenario: string }
    | { readonly project: string; readonly file: string; readonly name: string };
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const patches: readonly Patch[] = JSON.parse(read('test/patches/patches.json'));

describe('patches', () => {
  it('have names of their own and say what they break', () => {
    expect(new Set(patches.map(({ name }) => name)).size).toBe(patches.length);
    for (const { name, says } of patches) expect([name, says.length > 10]).toEqual([name, true]);
  });

  it.each(patches)('$name: its text is once in its file, and it changes something', ({ file, find, replace }) => {
    expect(read(file).split(find).length - 1).toBe(1);
    expect(replace).not.toBe(find);
  });

  it.each(patches)('$name: what must fail is there', ({ test, stands }) => {
    if ('scenario' in test) {
      expect(existsSync(join(ROOT, test.scenario))).toBe(true);
      expect(test.scenario).toBe(`scenarios/${stands}`);
      return;
    }
    expect(read(test.file)).toContain(test.name.replaceAll("'", "\\'").split('(')[0]);
    expect(read('docs/fidelity.md')).toMatch(new RegExp(`^\\| ${stands} \\|.* \\| (done|partly) \\|`, 'm'));
  });

  it('are there for every scenario', () => {
    const scenarios = readdirSync(join(ROOT, 'scenarios')).filter((name) => name.endsWith('.yaml'));
    const broken = new Set(patches.flatMap(({ test }) => ('scenario' in test ? [test.scenario] : [])));
    expect(scenarios.filter((name) => !broken.has(`scenarios/${name}`))).toEqual([]);
  });
});
