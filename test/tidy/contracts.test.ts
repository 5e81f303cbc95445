// A contract is a suite: whoever implements one of these interfaces, a double of a test too, runs the suite of it.
import { describe, expect, it } from 'vitest';
import { type SourceFile, sample, sourceFiles } from './source.js';

/** The suite of each interface that has several implementations. */
const SUITES: Readonly<Record<string, string>> = {
  FileSystem: 'describeFileSystem',
  Network: 'networkSuite',
  ObjectStore: 'objectStoreSuite',
  HostApi: 'hostApiSuite',
  DiskBacking: 'diskBackingSuite',
  Extent: 'extentSuite',
};
/** Classes that run it under another name, or are no whole implementation; each with its reason. */
const EXCEPT: Readonly<Record<string, string>> = {
  ForwardingFileSystem: 'what others extend; each of them runs it',
  TlsNetwork: 'by the world of the suite',
  MemoryNetwork: 'by the world of the suite',
  KeyStore: 'by the helper that opens one',
  ReplicaStore: 'by the helper that opens one',
  EsxiHost: 'by the helper that boots one',
  CowdExtent: 'by its own open',
  DiskChain: 'by openChain',
  OneAnswer: 'a stub that hands over one buffer and listens never',
};

interface Implementation {
  readonly name: string;
  readonly contract: string;
  readonly path: string;
}

const implementationsIn = ({ path, code }: SourceFile): Implementation[] =>
  [...code.matchAll(/\bclass\s+(\w+)[^{]*?\bimplements\s+([\w\s,<>]+?)\s*\{/g)].flatMap(([, name = '', list = '']) =>
    list
      .split(',')
      .map((contract) => contract.trim())
      .filter((contract) => contract in SUITES)
      .map((contract) => ({ name, contract, path })),
  );

/** Implementations that no test file hands to the suite of their contract. */
const without = (found: readonly Implementation[], tests: readonly SourceFile[]): string[] =>
  found
    .filter(({ name }) => !(name in EXCEPT))
    .filter(({ name, contract }) => {
      const suite = new RegExp(`\\b${SUITES[contract]}\\(`);
      return !tests.some(({ code }) => suite.test(code) && new RegExp(`\\bnew ${name}\\b`).test(code));
    })
    .map(({ name, contract, path }) => `${path}: ${name} runs no suite of ${contract}`);

describe('contracts', () => {
  it('are able to be broken', () => {
    const source = sample('packages/x/src/a.ts', 'export class A extends B implements FileSystem, Other {}');
    const run = sample('packages/x/test/a.test.ts', "describeFileSystem('A', () => ({ files: new A() }));");
    const other = sample('packages/x/test/a.test.ts', "networkSuite('A', { wire: new A() });");
    expect(implementationsIn(source)).toEqual([{ name: 'A', contract: 'FileSystem', path: 'packages/x/src/a.ts' }]);
    expect(without(implementationsIn(source), [run])).toEqual([]);
    expect(without(implementationsIn(source), [other])).toHaveLength(1);
  });

  it('are held by every implementation, doubles included', () => {
    const files = sourceFiles('packages', /^packages\/[^/]+\/(?:src|test)\/.*\.ts$/);
    const found = files.flatMap(implementationsIn);
    expect(found.length).toBeGreaterThan(12);
    expect(
      without(
        found,
        files.filter(({ path }) => path.endsWith('.test.ts')),
      ),
    ).toEqual([]);
    expect(Object.keys(EXCEPT).filter((name) => !found.some((one) => one.name === name))).toEqual([]);
  });
});
