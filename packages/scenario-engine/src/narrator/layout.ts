/** Lines are kept to this many characters, so that they fit an 80-column terminal. */
const WIDTH = 78;

/** Breaks a text into lines at spaces; each line begins with `indent`. */
export function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const joined = line === indent ? indent + word : `${line} ${word}`;
    if (joined.length <= WIDTH || line === indent) line = joined;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return line === indent ? lines : [...lines, line];
}

/** As {@link table}, in as many tables as the width needs; each begins with the first column. */
export function tables(rows: readonly (readonly string[])[], indent: string): string[][] {
  const [head = []] = rows;
  const widthOf = (columns: readonly number[]) =>
    Math.max(...table(pick(rows, columns), indent).map((line) => line.length));
  const found: string[][] = [];
  let columns = [0];
  for (let column = 1; column < head.length; column++) {
    if (columns.length > 1 && widthOf([...columns, column]) > WIDTH) {
      found.push(table(pick(rows, columns), indent));
      columns = [0];
    }
    columns.push(column);
  }
  return [...found, table(pick(rows, columns), indent)];
}

function pick(rows: readonly (readonly string[])[], columns: readonly number[]): string[][] {
  return rows.map((row) => columns.map((column) => row[column] ?? ''));
}

/** Sets rows in columns, two spaces apart; each line begins with `indent`. */
function table(rows: readonly (readonly string[])[], indent: string): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
