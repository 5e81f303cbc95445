import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Tests and type checks read src (the "source" condition); users and workers run dist.
//   unit, apart, key-server, property, e2e   what `npm test` runs; key-server has the unit tests of the key server and its
//                                     checker, which take as long as all others together
//   long                              what kills, floods, waits out limits or repeats whole runs: `npm run test:long`, and CI
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };
const here = ['packages/*/test/**', 'bench/test/**', 'test/**'];
const keyServer = ['packages/kms/test/**/*.test.ts', 'packages/kmip-check/test/**/*.test.ts'];
// It puts another module in the place of node:crypto, which the files after it must not meet.
const apart = ['packages/crypto-core/test/portable-hashes.test.ts'];
const otherKinds = ['**/*.property.test.ts', '**/*.e2e.test.ts', '**/*.long.test.ts', '**/node_modules/**'];

// One worker runs many files with the modules that it has read already: no module of the house keeps anything between
// them (design.md rule 7), and reading a thousand of them for each file took as long as a fifth of all tests. What starts
// processes or measures memory stays apart.
const shared = { isolate: false, hookTimeout: 60_000 };

export default defineConfig({
  ...source,
  test: {
    disableConsoleIntercept: true,
    // Much of what runs waits for processes and sockets: one more worker than vitest would take.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: here.map((place) => `${place}/*.test.ts`),
          exclude: [...otherKinds, ...keyServer, ...apart],
          testTimeout: 30_000,
          ...shared,
        },
      },
      {
        ...source,
        test: { name: 'key-server', include: keyServer, exclude: otherKinds, testTimeout: 30_000, ...shared },
      },
      {
        ...source,
        test: {
          name: 'property',
          include: here.map((place) => `${place}/*.property.test.ts`),
          testTimeout: 120_000,
          ...shared,
        },
      },
      { ...source, test: { name: 'apart', include: apart } },
      {
        ...source,
        test: {
          name: 'e2e',
          include: here.map((place) => `${place}/*.e2e.test.ts`),
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'long',
          include: here.map((place) => `${place}/*.long.test.ts`),
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
