import { readFileSync } from 'node:fs';
import { describe } from 'vitest';

/** The head of a vector file, and its vectors. */
interface VectorFile<V> {
  readonly count: number;
  readonly vectors: readonly V[];
}

/**
 * Describes the tests of one file of published vectors, `data/NAME.json` beside this file.
 *
 * @param name of the file, without `.json`
 * @param tests gets all vectors; the file's own count has been checked
 */
export function describeVectors<V>(name: string, tests: (vectors: readonly V[]) => void): void {
  const text = readFileSync(new URL(`data/${name}.json`, import.meta.url), 'utf8');
  const { count, vectors } = JSON.parse(text) as VectorFile<V>;
  if (count !== vectors.length) throw new Error(`${name} promises ${count} vectors and holds ${vectors.length}`);
  describe(`${name} (${count} vectors)`, () => tests(vectors));
}
