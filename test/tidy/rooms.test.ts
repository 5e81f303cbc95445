// The rooms inside a package: its folders have an order, and no circle runs between files, types included.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { packageOf, packageSources, type SourceFile, sample } from './source.js';

/**
 * Folders of a package from the bottom up; a room may import itself and what is before it, rooms of one row not each
 * other. Files of `src` itself are above all rooms: doors, and what puts the rooms together.
 */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  hypervisor: [['api'], ['formats'], ['datastore'], ['disk', 'memory'], ['vm-home'], ['host'], ['operations']],
};

const TOP = Number.POSITIVE_INFINITY;

/** Row of a file's room; {@link TOP} for files of `src` itself. */
function rowOf(path: string, rows: readonly (readonly string[])[]): number {
  const [first = '', ...rest] = path.slice(path.indexOf('/src/') + '/src/'.length).split('/');
  return rest.length === 0 ? TOP : rows.findIndex((row) => row.includes(first));
}

const roomOf = (path: string): string => path.slice(path.indexOf('/src/') + '/src/'.length).split('/')[0] ?? '';

/** Files of the same package that a file imports, by path. */
const neighboursOf = (file: SourceFile): string[] =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => join(file.path, '..', specifier).replace(/\.js$/, '.ts'));

/** Files that stand in no room, and imports that point up or across. */
function wrongRooms(files: readonly SourceFile[], rows: readonly (readonly string[])[]): string[] {
  return files.flatMap((file) => {
    const row = rowOf(file.path, rows);
    if (row < 0) return [`${file.path}: in no room`];
    return neighboursOf(file)
      .filter((target) => {
        const below = rowOf(target, rows);
        return row !== TOP && (below > row || (below === row && roomOf(target) !== roomOf(file.path)));
      })
      .map((target) => `${file.path}: imports ${target}`);
  });
}

/** Circles of imports, each once, as `a -> b -> a`. */
function circles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, neighboursOf(file)]));
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) {
      const circle = way.slice(at);
      const first = circle.indexOf([...circle].sort()[0] ?? '');
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      found.add([...turned, turned[0]].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return [...found];
}

describe('rooms', () => {
  it('is able to fail', () => {
    const rows = [['api'], ['disk', 'memory'], ['host']];
    const at = (path: string, target: string) =>
      wrongRooms([sample(`packages/x/src/${path}`, `import type { A } from '${target}';`)], rows);
    expect(at('host/a.ts', '../disk/b.js')).toEqual([]);
    expect(at('host/a.ts', './b.js')).toEqual([]);
    expect(at('index.ts', './host/b.js')).toEqual([]);
    expect(at('disk/a.ts', '../host/b.js')).toHaveLength(1);
    expect(at('disk/a.ts', '../memory/b.js')).toHaveLength(1);
    expect(at('api/a.ts', '../index.js')).toHaveLength(1);
    expect(at('attic/a.ts', '../api/b.js')).toEqual(['packages/x/src/attic/a.ts: in no room']);
    const a = sample('packages/x/src/a.ts', "import { b } from './b.js';");
    const b = sample('packages/x/src/b.ts', "export type { C } from './c.js';");
    const c = sample('packages/x/src/c.ts', "import type { A } from './a.js';");
    expect(circles([b, c, a])).toEqual([
      'packages/x/src/a.ts -> packages/x/src/b.ts -> packages/x/src/c.ts -> packages/x/src/a.ts',
    ]);
    expect(circles([a, b])).toEqual([]);
  });

  it.each(Object.keys(ROOMS))('of %s: imports point down, and no circle runs between files', (name) => {
    const files = packageSources().filter(({ path }) => packageOf(path) === name);
    expect(files.length).toBeGreaterThan(10);
    expect(wrongRooms(files, ROOMS[name] ?? [])).toEqual([]);
    expect(circles(files)).toEqual([]);
  });
});
