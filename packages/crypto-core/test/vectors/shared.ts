import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { leftOut, sharedPath } from '../../../../test/support/left-out.js';

/** The head of a vector file, and its vectors. */
interface VectorFile<V> {
  readonly count: number;
  readonly vectors: readonly V[];
}

/**
 * Describes the tests of one file of the shared vectors; where that folder is absent, says so instead.
 *
 * @param name of the file, without `.json`
 * @param tests gets all vectors; the file's own count has been checked
 */
export function describeVectors<V>(name: string, tests: (vectors: readonly V[]) => void): void {
  const path = sharedPath(`vectors/${name}.json`);
  if (path === null) {
    leftOut(`vectors ${name}`, 'the shared vectors are not beside this checkout');
    describe.skip(name, () => it('needs the shared vectors', () => {}));
    return;
  }
  const { count, vectors } = JSON.parse(readFileSync(path, 'utf8')) as VectorFile<V>;
  if (count !== vectors.length) throw new Error(`${name} promises ${count} vectors and holds ${vectors.length}`);
  describe(`${name} (${count} vectors)`, () => tests(vectors));
}
