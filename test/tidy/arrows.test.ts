// The arrows of ARCHITECTURE.md, held a third time (after package.json and the exports): who may import whom, by door.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.js';
import { packageOf, packageSources, ROOT, type SourceFile, sample, sourceFiles } from './source.js';

const OWN = '@vcryptsim/';
const PRODUCT = ['ports', 'pki', 'kmip-lite', 'kms', 'hypervisor', 'vcenter', 'trust-authority', 'simkit'];

/** Doors of own packages that each package may import; `*` stands for every door but `crypto-core/parcel-open`. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  ports: [],
  'crypto-core': [],
  pki: ['ports'],
  'durable-log': ['ports'],
  'kmip-lite': ['ports'],
  kms: ['kmip-lite', 'kmip-lite/server', 'crypto-core', 'pki', 'durable-log', 'ports'],
  hypervisor: ['crypto-core', 'crypto-core/parcel', 'crypto-core/parcel-open', 'durable-log', 'ports'],
  // vCenter carries keys in parcels: no door that opens one, and of the hosts their interface only.
  vcenter: ['kmip-lite', 'kmip-lite/client', 'hypervisor/api', 'crypto-core/parcel', 'pki', 'durable-log', 'ports'],
  'trust-authority': [
    'kmip-lite',
    'kmip-lite/client',
    'hypervisor/api',
    'crypto-core',
    'crypto-core/parcel',
    'crypto-core/parcel-open',
    'pki',
    'durable-log',
    'ports',
  ],
  simkit: ['ports'],
  // It plays vCenter's own conversation and sees nothing else of vCenter; of simkit it takes the tap.
  'kmip-check': ['vcenter/conversation', 'kmip-lite', 'kmip-lite/client', 'kmip-lite/text', 'pki', 'simkit', 'ports'],
  // The one composition root. Whoever speaks of a world takes it from here.
  lab: [...PRODUCT.map((name) => `${name}*`), 'crypto-core*'],
  'scenario-engine': ['lab', 'lab/catalogue', 'ports*'],
  bench: [...PRODUCT.map((name) => `${name}*`), 'crypto-core*', 'lab', 'scenario-engine*'],
  cli: [
    'scenario-engine',
    'scenario-engine/layout',
    'scenario-engine/reference',
    'lab',
    'kmip-check',
    'kms',
    'kmip-lite/text',
    'hypervisor/formats',
    'hypervisor/api',
    'vcenter/catalogue',
    'simkit/scan',
    'bench',
    'pki',
    'ports*',
  ],
};

/** Third-party packages that each package may import, `node:` aside. */
const THIRD_PARTY: Readonly<Record<string, readonly string[]>> = {
  'crypto-core': ['@noble/ciphers', '@noble/hashes'],
  hypervisor: ['iconv-lite'],
  vcenter: ['zod'],
  pki: ['@peculiar/x509', 'asn1js', 'reflect-metadata'],
  lab: ['zod'],
  'scenario-engine': ['zod', 'yaml', 'string-width'],
  cli: ['commander', 'picocolors'],
};

const mayEnter = (name: string, door: string): boolean =>
  (DOORS[name] ?? []).some((allowed) =>
    allowed.endsWith('*')
      ? door !== 'crypto-core/parcel-open' && door.split('/')[0] === allowed.slice(0, -1)
      : door === allowed,
  );

const packageNameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What is wrong with the imports of one file. `exportsOf` gives a package's doors: `.`, `./api` ... */
function wrongImports(file: SourceFile, exportsOf: (name: string) => readonly string[]): string[] {
  const name = packageOf(file.path);
  return importsOf(file).flatMap(({ specifier, line }) => {
    const at = `${file.path}:${line} ${specifier}`;
    if (specifier.startsWith('node:')) return [];
    if (specifier.startsWith('.')) {
      const target = join(file.path, '..', specifier);
      const home = file.path.slice(0, file.path.indexOf('/src/') + '/src/'.length);
      return target.startsWith(home) ? [] : [`${at}: leaves the package; import its door`];
    }
    if (!specifier.startsWith(OWN)) {
      return (THIRD_PARTY[name] ?? []).includes(packageNameOf(specifier)) ? [] : [`${at}: not a library of ${name}`];
    }
    const door = specifier.slice(OWN.length);
    const [target = '', ...rest] = door.split('/');
    if (!exportsOf(target).includes(rest.length === 0 ? '.' : `./${rest.join('/')}`)) return [`${at}: not a door`];
    return mayEnter(name, door) ? [] : [`${at}: no arrow from ${name}`];
  });
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const manifestPath = (name: string) => join(ROOT, name === 'bench' ? 'bench' : `packages/${name}`, 'package.json');
const manifestOf = (name: string): Manifest => JSON.parse(readFileSync(manifestPath(name), 'utf8'));
const doorsOf = (name: string): string[] =>
  existsSync(manifestPath(name)) ? Object.keys(manifestOf(name).exports ?? {}) : [];

/** What is wrong with a manifest: strangers, versions that float, libraries that no file imports. */
function wrongDependencies(name: string, manifest: Manifest, imported: ReadonlySet<string>): string[] {
  return Object.entries(manifest.dependencies ?? {}).flatMap(([dependency, version]) => {
    if (dependency.startsWith(OWN)) {
      const target = dependency.slice(OWN.length);
      const known = (DOORS[name] ?? []).some((door) => (door.split('/')[0] ?? '').replace('*', '') === target);
      return known ? [] : [`${name} depends on ${dependency}: no arrow`];
    }
    if (!(THIRD_PARTY[name] ?? []).includes(dependency)) return [`${name} depends on ${dependency}: not in its list`];
    if (!/^\d+\.\d+\.\d+$/.test(version)) return [`${name} takes ${dependency} ${version}: pin one version`];
    return imported.has(dependency) ? [] : [`${name} declares ${dependency} and never imports it`];
  });
}

const sources = [...packageSources(), ...sourceFiles('bench', /^bench\/src\/.*\.ts$/)];

describe('arrows', () => {
  it('is able to fail', () => {
    const doors = (name: string) =>
      ({ ports: ['.', './os'], hypervisor: ['.', './api'], 'crypto-core': ['.', './parcel-open'] })[name] ?? [];
    const wrong = (path: string, text: string) =>
      wrongImports(sample(path, text), doors).map((line) => line.split(': ')[1]);
    expect(wrong('packages/vcenter/src/a.ts', "import { EsxiHost } from '@vcryptsim/hypervisor';")).toEqual([
      'no arrow from vcenter',
    ]);
    expect(wrong('packages/vcenter/src/a.ts', "import type { HostApi } from '@vcryptsim/hypervisor/api';")).toEqual([]);
    expect(wrong('packages/vcenter/src/a.ts', "import { Kek } from '@vcryptsim/crypto-core';")).toEqual([
      'no arrow from vcenter',
    ]);
    expect(wrong('packages/lab/src/a.ts', "export * from '@vcryptsim/crypto-core/parcel-open';")).toEqual([
      'no arrow from lab',
    ]);
    expect(wrong('packages/lab/src/a.ts', "import { EsxiHost } from '@vcryptsim/hypervisor';")).toEqual([]);
    expect(wrong('packages/scenario-engine/src/a.ts', "import { EsxiHost } from '@vcryptsim/hypervisor';")).toEqual([
      'no arrow from scenario-engine',
    ]);
    expect(
      wrong('packages/hypervisor/src/a.ts', "import { openParcel } from '@vcryptsim/crypto-core/parcel-open';"),
    ).toEqual([]);
    expect(wrong('packages/kms/src/a.ts', "const os = await import('@vcryptsim/ports/os');")).toEqual([
      'no arrow from kms',
    ]);
    expect(wrong('packages/kms/src/a.ts', "import { x } from '@vcryptsim/ports/src/clock.js';")).toEqual([
      'not a door',
    ]);
    expect(wrong('packages/kms/src/b/a.ts', "import { x } from '../../../ports/src/clock.js';")).toEqual([
      'leaves the package; import its door',
    ]);
    expect(wrong('packages/kms/src/b/a.ts', "import { x } from '../clock.js';\nimport 'node:assert';")).toEqual([]);
    expect(wrong('packages/kms/src/a.ts', "import _ from 'lodash/get';")).toEqual(['not a library of kms']);
    expect(wrong('packages/kms/src/a.ts', "// from 'lodash'\nconst s = \"import 'lodash'\";")).toEqual([]);
    expect(
      wrongDependencies(
        'kms',
        { name: 'kms', dependencies: { '@vcryptsim/simkit': 'workspace:*', lodash: '4.0.0' } },
        new Set(),
      ),
    ).toHaveLength(2);
    const floating = { name: 'pki', dependencies: { '@peculiar/x509': '^2.2.0', 'reflect-metadata': '0.2.2' } };
    expect(wrongDependencies('pki', floating, new Set(['@peculiar/x509']))).toHaveLength(2);
  });

  it('holds in every import of the product', () => {
    expect(sources.flatMap((file) => wrongImports(file, doorsOf))).toEqual([]);
  });

  it('holds in every package.json, with pinned libraries that are used', () => {
    const names = Object.keys(DOORS).filter((name) => existsSync(manifestPath(name)));
    expect(names.length).toBeGreaterThanOrEqual(12);
    const wrong = names.flatMap((name) => {
      const files = sources.filter((file) => packageOf(file.path) === name);
      const imported = new Set(files.flatMap(importsOf).map(({ specifier }) => packageNameOf(specifier)));
      return wrongDependencies(name, manifestOf(name), imported);
    });
    expect(wrong).toEqual([]);
  });

  it('leaves the hosts interface free of what stands behind it', () => {
    const api = packageSources().filter((file) => file.path.startsWith('packages/hypervisor/src/api/'));
    expect(api.length).toBeGreaterThan(3);
    const allowed = /^(\.\/[^/]+\.js|@vcryptsim\/(ports|crypto-core\/parcel))$/;
    const wrong = api.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !allowed.test(specifier))
        .map(({ specifier }) => `${file.path} ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});
