// Small files, doors that only re-export, names in kebab-case.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageSources, ROOT, type SourceFile, sample, sourceFiles } from './source.js';

const LINES_MAX = 500;
const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

function tooLong(file: SourceFile): string[] {
  const lines = lineCount(file.text);
  return lines > LINES_MAX && !/\.generated\.ts$/.test(file.path) ? [`${file.path}: ${lines} lines`] : [];
}

/** What a door holds besides `export ... from` and imports for their effect alone. */
function doorRest(file: SourceFile): string {
  return file.code
    .replace(/\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*(['"])\s*\1\s*;?/g, '')
    .replace(/\bimport\s*(['"])\s*\1\s*;?/g, '')
    .replace(/\bexport\s*\{\s*\}\s*;?/g, '')
    .trim();
}

const kebab = (path: string): boolean => path.split('/').every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part));

describe('file shape', () => {
  it('is able to fail', () => {
    expect(tooLong(sample('packages/x/src/a.ts', 'a\n'.repeat(501)))).toHaveLength(1);
    expect(tooLong(sample('packages/x/src/a.ts', 'a\n'.repeat(500)))).toHaveLength(0);
    expect(tooLong(sample('packages/x/src/a.generated.ts', 'a\n'.repeat(900)))).toHaveLength(0);
    expect(
      doorRest(
        sample(
          'packages/x/src/index.ts',
          "export { a, type B } from './a.js';\nexport * from './b.js';\nimport 'c';\n",
        ),
      ),
    ).toBe('');
    expect(doorRest(sample('packages/x/src/index.ts', "export { a } from './a.js';\nexport const b = 1;\n"))).not.toBe(
      '',
    );
    expect(kebab('packages/x/src/KeyCache.ts')).toBe(false);
    expect(kebab('packages/x/src/key_cache.ts')).toBe(false);
    expect(kebab('packages/x/src/key-cache.generated.ts')).toBe(true);
  });

  it('keeps every file under 500 lines', () => {
    const files = sourceFiles(
      '.',
      /^(?:packages|bench|test|scripts|examples|scenarios)\/.*\.(?:ts|mjs|js|ya?ml|py|go)$/,
    );
    expect(files.length).toBeGreaterThan(200);
    expect(files.flatMap(tooLong)).toEqual([]);
  });

  it('lets doors re-export and nothing else', () => {
    const doors = sourceFiles('packages', /^packages\/[^/]+\/package\.json$/).flatMap(({ path, text }) => {
      const doorsOf = Object.values(JSON.parse(text).exports ?? {}) as { source: string }[];
      return doorsOf.map(({ source }) => join(path, '..', source));
    });
    const indexes = packageSources()
      .map((file) => file.path)
      .filter((path) => path.endsWith('/index.ts'));
    const all = [...new Set([...doors, ...indexes])];
    expect(all.length).toBeGreaterThanOrEqual(15);
    const wrong = all.filter((path) => doorRest(sample(path, readFileSync(join(ROOT, path), 'utf8'))) !== '');
    expect(wrong).toEqual([]);
  });

  // CryptoManager is VMware's own word.
  it('names files in kebab-case, and none after nothing', () => {
    const paths = packageSources().map((file) => file.path);
    expect(paths.filter((path) => !kebab(path))).toEqual([]);
    expect(
      paths.filter((path) =>
        /\b(?:utils?|helpers?|misc|common|manager)\b/.test(
          path.replace(/^.*\/src\//, '').replace('crypto-manager', ''),
        ),
      ),
    ).toEqual([]);
  });
});
