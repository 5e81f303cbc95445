// What must not stay behind: marks of unfinished work, switched-off tests, escapes from the type system, this machine.
import { describe, expect, it } from 'vitest';
import { findings, type SourceFile, sample, sourceFiles } from './source.js';

interface Leftover {
  readonly what: string;
  /** Files it is looked for in. */
  readonly inside: RegExp;
  readonly pattern: RegExp;
  readonly where: 'code' | 'text';
}

const CODE = /\.(?:[cm]?[jt]s)$/;
const SOURCE = /^(?:packages\/[^/]+|bench)\/src\//;
const FACES = /^(?:packages\/cli|bench)\/src\//;
// The words are put together so that this file does not contain what it looks for.
const MARKS = new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'}|HA${'CK'})\\b`, 'g');
const MACHINE = new RegExp(
  `(?:^|[^A-Za-z0-9_.])/(?:wo${'rk'}|fa${'rm'}|ro${'ot'}|ho${'me'}/[a-z]+|tmp/br${'iefs'})/[^\\s'"\`)]*`,
  'g',
);
const REGISTRY = /https?:\/\/[^\s/'"]*(?:registry|artifactory|nexus|pypi|npm)[^\s/'"]*\/[^\s'"]*|_auth(?:Token)?\s*=/g;

const LEFTOVERS: readonly Leftover[] = [
  { what: 'a mark of unfinished work', inside: /./, pattern: MARKS, where: 'text' },
  { what: 'a path of one machine', inside: /./, pattern: MACHINE, where: 'text' },
  { what: 'a registry of one machine', inside: /^(?!.*\.md$)/, pattern: REGISTRY, where: 'text' },
  {
    what: 'a test switched on or off by hand',
    inside: /\.test\.ts$/,
    pattern: /\b(?:it|test|describe|bench)\s*\.\s*(?:only|skip|todo|fails)\b/g,
    where: 'code',
  },
  { what: 'a type given up', inside: CODE, pattern: /\bas\s+any\b|:\s*any\b|<any>/g, where: 'code' },
  {
    what: 'a checker told to look away',
    inside: CODE,
    pattern: /@ts-(?:ignore|nocheck|expect-error)\b/g,
    where: 'text',
  },
  // The lint sees a promise that a statement drops, not one that a callback does.
  {
    what: 'a promise that nobody awaits',
    inside: SOURCE,
    pattern: /\.forEach\(\s*async\b|\bset(?:Timeout|Interval|Immediate)\(\s*async\b|\.(?:on|once)\([^,()]*,\s*async\b/g,
    where: 'code',
  },
  { what: 'a default export', inside: SOURCE, pattern: /\bexport\s+default\b/g, where: 'code' },
  { what: 'an enum', inside: CODE, pattern: /\benum\s+\w+\s*\{/g, where: 'code' },
  { what: 'a word to the terminal outside the faces', inside: SOURCE, pattern: /\bconsole\.\w+/g, where: 'code' },
  // As a type only: `Buffer.from(...)` inside a function is nobody's business.
  {
    what: 'Buffer in a signature',
    inside: SOURCE,
    pattern: /(?:[:<|&,]|\bextends|\bas)\s*Buffer\b(?!\s*\.)(?:\[\])?/g,
    where: 'code',
  },
];

const EXCEPT: Readonly<Record<string, RegExp>> = {
  'a word to the terminal outside the faces': FACES,
  // Where node's own answers come in and are turned into plain arrays.
  'Buffer in a signature': /^packages\/(?:ports\/src\/os\/|crypto-core\/src\/(?:as-bytes|xts\/output-release)\.ts$)/,
};

function leftovers(file: SourceFile): string[] {
  return LEFTOVERS.filter(({ what, inside }) => inside.test(file.path) && !EXCEPT[what]?.test(file.path)).flatMap(
    ({ what, pattern, where }) => findings(file, pattern, where).map((place) => `${place}: ${what}`),
  );
}

describe('leftovers', () => {
  it.each([
    ['packages/kms/src/a.ts', `// TO${'DO'}: later`, 1],
    ['README.md', `FIX${'ME'}`, 1],
    ['README.md', `see /wo${'rk'}/main/x`, 1],
    ['README.md', 'packages/work/main', 0],
    ['pnpm-lock.yaml', `tarball: https://regis${'try'}.example.org/a.tgz`, 1],
    ['packages/kms/test/a.test.ts', `it.on${'ly'}('x', f); describe.sk${'ip'}('y', f);`, 2],
    ['packages/kms/test/a.test.ts', 'it.each([1])(f); it.runIf(true)(f);', 0],
    ['packages/kms/src/a.ts', `const a = b as an${'y'};`, 1],
    ['packages/kms/src/a.ts', `function f(a: an${'y'}) {}`, 1],
    ['packages/kms/src/a.ts', "const any = 'as an' + 'y';", 0],
    ['packages/kms/src/a.ts', `// @ts-ig${'nore'}`, 1],
    ['packages/kms/src/a.ts', 'all.forEach(async (one) => {});', 1],
    ['packages/kms/src/a.ts', "channel.on('data', async () => {});", 1],
    ['packages/kms/src/a.ts', 'await Promise.all(all.map(async (one) => {}));', 0],
    ['packages/kms/src/a.ts', 'export default class A {}', 1],
    ['packages/kms/src/a.ts', 'export enum State { A }', 1],
    ['packages/kms/src/a.ts', 'console.log(1);', 1],
    ['packages/cli/src/a.ts', 'console.log(1);', 0],
    ['packages/kms/src/a.ts', 'export function f(a: Buffer): Promise<Buffer> {}', 2],
    ['packages/kms/src/a.ts', 'const view = Buffer.from(bytes);', 0],
  ])('judges %s with %j', (path, text, count) => {
    expect(leftovers(sample(path, text))).toHaveLength(count);
  });

  it('are nowhere in the tree', () => {
    const files = sourceFiles('.', /(?:\.(?:[cm]?[jt]s|json|ya?ml|md|py|sh)|\.ci\/run|\.gitignore)$/);
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap(leftovers)).toEqual([]);
  });
});
