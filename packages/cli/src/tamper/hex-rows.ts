/** One place of a file, before and after. */
export interface Change {
  readonly offsetBytes: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const ROW_BYTES = 16;
/** Of a longer piece its first rows are shown; `--json` has all. */
const ROWS_SHOWN = 4;

/**
 * A place of a file before and after, 16 bytes a row:
 *
 * ```
 *         60  before  9f 22 ... 01  ."........
 *             after   9f 23 ... 01  .#........
 * ```
 *
 * Rows in which nothing changes are left out.
 */
export function hexRows({ offsetBytes, before, after }: Change): string[] {
  const rows: string[] = [];
  let left = 0;
  for (let at = 0; at < Math.max(before.length, after.length); at += ROW_BYTES) {
    const [was, is] = [before.subarray(at, at + ROW_BYTES), after.subarray(at, at + ROW_BYTES)];
    if (Buffer.compare(was, is) === 0) continue;
    if (rows.length === 2 * ROWS_SHOWN) {
      left += 1;
      continue;
    }
    const place = (offsetBytes + at).toString(16).padStart(8, '0');
    rows.push(`${place}  before  ${bytesOf(was)}`, `${' '.repeat(place.length)}  after   ${bytesOf(is)}`);
  }
  if (left > 0) rows.push(`          and ${left} more rows of 16 bytes; --json has them all`);
  return rows;
}

function bytesOf(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return (hex.match(/.{1,8}/g) ?? []).join(' ').padEnd(ROW_BYTES * 2 + 3);
}
