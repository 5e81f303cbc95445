// One composition root: a world of hosts, vCenters and key servers is put together in `lab` and nowhere else.
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { packageOf, packageSources, type SourceFile, sample, sourceFiles } from './source.js';

/** What a world is made of, and where else than in `lab` one of them may be brought to life. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  // A bench measures one host alone, with nothing beside it on the processor.
  EsxiHost: ['bench/src/disk/measured-host.ts'],
  VCenter: [],
  // `kms serve` is the key server's own program; its administrator's verbs open the folder when none runs.
  KeyServer: ['packages/cli/src/verbs/kms/serve.ts', 'packages/cli/src/verbs/kms/reach-folder.ts'],
};
const HOMES = ['hypervisor', 'vcenter', 'kms', 'lab'];

/** Names that a file imports as values, `{ type X }` and `import type` left out. */
function valuesOf({ code }: SourceFile): string[] {
  return [...code.matchAll(/\b(?:im|ex)port\s*\{([^}]*)\}\s*from\b/g)].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => name.split(' as ')[0] ?? name),
  );
}

/** What a file could bring to life, and may not. */
function composes(file: SourceFile): string[] {
  if (HOMES.includes(packageOf(file.path))) return [];
  return valuesOf(file)
    .filter((name) => name in COMPOSED && !COMPOSED[name]?.includes(file.path))
    .map((name) => `${file.path}: takes ${name}`);
}

const sources = [...packageSources(), ...sourceFiles('bench', /^bench\/src\/.*\.ts$/)];

describe('the world', () => {
  it.each([
    ['packages/cli/src/a.ts', "import { EsxiHost } from '@vcryptsim/hypervisor';", 1],
    ['packages/cli/src/a.ts', "import { EsxiHost as Host, b } from '@vcryptsim/hypervisor';", 1],
    ['packages/cli/src/a.ts', "export { VCenter } from '@vcryptsim/vcenter';", 1],
    ['packages/cli/src/a.ts', "import type { VCenter } from '@vcryptsim/vcenter';", 0],
    ['packages/cli/src/a.ts', "import { type VCenter, b } from '@vcryptsim/vcenter';", 0],
    ['packages/cli/src/verbs/kms/serve.ts', "import { KeyServer } from '@vcryptsim/kms';", 0],
    ['packages/lab/src/a.ts', "import { EsxiHost } from '@vcryptsim/hypervisor';", 0],
  ])('in %s with %j is judged', (path, text, count) => {
    expect(composes(sample(path, text))).toHaveLength(count);
  });

  it('is composed in lab only', () => {
    expect(sources.flatMap(composes)).toEqual([]);
    const taken = new Set(sources.filter(({ path }) => packageOf(path) === 'lab').flatMap(valuesOf));
    expect(Object.keys(COMPOSED).filter((name) => !taken.has(name))).toEqual([]);
  });

  it('knows no language: lab imports nothing of scenario-engine', () => {
    const lab = sources.filter(({ path }) => packageOf(path) === 'lab');
    expect(lab.length).toBeGreaterThan(10);
    expect(
      lab.filter((file) => importsOf(file).some(({ specifier }) => specifier.includes('scenario-engine'))),
    ).toEqual([]);
  });
});
