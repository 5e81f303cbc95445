// The rooms inside a package: its folders have an order, and no circle runs between files, types included.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { packageOf, packageSources, ROOT, type SourceFile, sample, sourceFiles } from './source.js';

/**
 * Folders of `src`, from the bottom up; a room imports itself and what is before it, rooms between commas not each
 * other. `root` is the files of `src` itself, without the doors (what package.json exports, and a program's main.ts), which
 * are above all rooms.
 */
const ORDER: Readonly<Record<string, string>> = {
  ports: 'root < wire < os',
  'crypto-core': 'root < aead, kdf, wrap < locked, xts < keys, pool, range',
  pki: 'root < certificate < files, authority, peer',
  'durable-log': 'root',
  'kmip-lite': 'spec < root < ttlv < message < attributes < objects < operations < client, server, text',
  kms: 'terms < objects, pki < store, cryptography < audit < clients, operations < cluster, backup < admin < server',
  hypervisor: 'api < formats < datastore < disk, memory < vm-home < host < operations < root',
  vcenter:
    'terms < database < records < inventory < access < policies < kmip < crypto < remediation < operations < root',
  simkit: 'root < entropy < events, files, network, virtual-clock < scan',
  lab: 'errors < topology, vocabulary, folder, needles, names, dedup < faults, taps < racks, invariants < guests < world < key-map < control < root',
  'scenario-engine':
    'language, scene, reports < expectations < steps < scenario < reference, run, narrator < orders < root',
  'kmip-check': 'root < checks < run',
  bench: 'root < xts < kmip, world, disk < recrypt',
  cli: 'root < terminal < datastore, inspect, kmip, kmip-check, lab, privileges, run, tamper < verbs',
};

const ROW_OF_DOORS = Number.POSITIVE_INFINITY;

/** A package's order, and which of its files are doors. */
interface Rooms {
  readonly rows: readonly (readonly string[])[];
  readonly doors: ReadonlySet<string>;
}

const roomsOf = (order: string, doors: Iterable<string> = []): Rooms => ({
  rows: order.split(' < ').map((row) => row.split(', ')),
  doors: new Set(doors),
});

/** Name of a file's room. */
function roomOf(path: string): string {
  const [first = '', ...rest] = path.slice(path.indexOf('src/') + 'src/'.length).split('/');
  return rest.length === 0 ? 'root' : first;
}

/** Row of a file's room; -1 when it is in none. */
function rowOf(path: string, { rows, doors }: Rooms): number {
  return doors.has(path) ? ROW_OF_DOORS : rows.findIndex((row) => row.includes(roomOf(path)));
}

/** Files of the same package that a file imports, by path. */
const neighboursOf = (file: SourceFile): string[] =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => join(file.path, '..', specifier).replace(/\.js$/, '.ts'));

/** Files that are in no room, and imports that point up or across. */
function wrongRooms(files: readonly SourceFile[], rooms: Rooms): string[] {
  return files.flatMap((file) => {
    const row = rowOf(file.path, rooms);
    if (row < 0) return [`${file.path}: in no room`];
    return neighboursOf(file)
      .filter((target) => {
        const below = rowOf(target, rooms);
        return row !== ROW_OF_DOORS && (below > row || (below === row && roomOf(target) !== roomOf(file.path)));
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
  for (const path of [...edges.keys()].sort()) walk(path, []);
  return [...found];
}

const sources = [...packageSources(), ...sourceFiles('bench', /^bench\/src\/.*\.ts$/)];
const names = [...new Set(sources.map(({ path }) => packageOf(path)))].sort();
const filesOf = (name: string) => sources.filter(({ path }) => packageOf(path) === name);

/** Paths of a package's doors. */
function doorsOf(name: string): string[] {
  const folder = name === 'bench' ? 'bench' : `packages/${name}`;
  const manifest = join(ROOT, folder, 'package.json');
  if (!existsSync(manifest)) return [];
  const { exports = {}, bin } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    exports?: Record<string, { source: string }>;
    bin?: object;
  };
  const program = bin ? [join(folder, 'src/main.ts')] : [];
  return [...Object.values(exports).map(({ source }) => join(folder, source)), ...program];
}

describe('folder order', () => {
  it('is able to fail', () => {
    const rooms = roomsOf('api < disk, memory < host < root', ['packages/x/src/index.ts']);
    const at = (path: string, target: string) =>
      wrongRooms([sample(`packages/x/src/${path}`, `import type { A } from '${target}';`)], rooms);
    expect(at('host/a.ts', '../disk/b.js')).toEqual([]);
    expect(at('host/a.ts', './b.js')).toEqual([]);
    expect(at('index.ts', './host/b.js')).toEqual([]);
    expect(at('a.ts', './host/b.js')).toEqual([]);
    expect(at('disk/a.ts', '../host/b.js')).toHaveLength(1);
    expect(at('disk/a.ts', '../memory/b.js')).toHaveLength(1);
    expect(at('host/a.ts', '../b.js')).toHaveLength(1);
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

  it('is known of every package', () => {
    expect(Object.keys(ORDER).sort()).toEqual(names);
  });

  it.each(Object.entries(ORDER))('of %s is %s, and no circle runs between its files', (name, order) => {
    const files = filesOf(name);
    expect(files.length).toBeGreaterThan(5);
    expect(wrongRooms(files, roomsOf(order, doorsOf(name)))).toEqual([]);
    expect(circles(files)).toEqual([]);
  });
});
