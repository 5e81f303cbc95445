import { table, tables, tableWidth } from '@vcryptsim/scenario-engine/layout';

/** What a report takes that goes into a file. */
export const WIDE = 120;
/** Columns that the layout leaves free at the right edge. */
const MARGIN = 2;

/**
 * A table of measurements. Where it is too wide its first `keys` columns become one, and the others follow in as many
 * tables as the width needs, each with that one.
 *
 * @param numbers columns that are aligned at their right end
 */
export function reportTable(
  rows: readonly (readonly string[])[],
  keys: number,
  numbers: readonly number[],
  width: number,
): string[] {
  if (tableWidth(rows, '') <= width - MARGIN) return table(rows, '', width, numbers);
  const joined = rows.map((row) => [row.slice(0, keys).join(' '), ...row.slice(keys)]);
  return tables(joined, '', width).flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]));
}
