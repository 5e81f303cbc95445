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

/** Sets rows in columns, two spaces apart; each line begins with `indent`. */
export function table(rows: readonly (readonly string[])[], indent: string): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
