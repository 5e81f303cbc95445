import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Tests and type checks read src (the "source" condition); users and workers run dist.
//   unit, property, e2e   what `npm test` runs
//   long                  what kills, floods, waits out limits or repeats whole runs: `npm run test:long`, and CI
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };
const here = ['packages/*/test/**', 'bench/test/**', 'test/**'];

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
          exclude: ['**/*.property.test.ts', '**/*.e2e.test.ts', '**/*.long.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        ...source,
        test: { name: 'property', include: here.map((place) => `${place}/*.property.test.ts`), testTimeout: 120_000 },
      },
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
