/** No word of ours is longer; the comparison costs the product of both lengths. */
const LETTERS_MAX = 100;

/**
 * Finds the valid word that a wrong one was probably meant to be.
 *
 * @returns the word at the smallest edit distance, or null when none is near (more than a third of the letters differ)
 */
export function nearestWord(wrong: string, valid: readonly string[]): string | null {
  if (wrong.length > LETTERS_MAX) return null;
  const limit = Math.max(2, Math.floor(wrong.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const word of valid) {
    const distance = editDistance(wrong.toLowerCase(), word.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
