import stringWidth from 'string-width';

/** Columns that are never used, so that no terminal wraps a full line by itself. */
const MARGIN = 2;
const GAP = '  ';
/** Under a label that leaves no room beside it. */
const NARROW_INDENT = 4;
const SEGMENTER = new Intl.Segmenter();

/** Columns that a text takes on a terminal: wide characters take two, marks and escape codes none. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/** A text filled up with spaces to `width` columns; on the left with `side` start. */
export function padded(text: string, width: number, side: 'end' | 'start' = 'end'): string {
  const fill = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'end' ? text + fill : fill + text;
}

/** A text cut to `width` columns, with `...` at its end where something is missing. */
export function shortened(text: string, width: number): string {
  return textWidth(text) <= width ? text : `${beginningOf(text, Math.max(0, width - 3))}...`;
}

/**
 * Breaks a text into lines at spaces, for a terminal of `width` columns; each line begins with `indent`. A word that is
 * longer than a line has a line of its own and stays whole, unless its script has no spaces between words.
 */
export function wrap(text: string, indent: string, width: number): string[] {
  const room = width - MARGIN;
  const lines: string[] = [];
  let line = indent;
  for (const word of text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((each) => pieces(each, room - textWidth(indent)))) {
    const joined = line === indent ? indent + word : `${line} ${word}`;
    if (textWidth(joined) <= room || line === indent) line = joined;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return line === indent ? lines : [...lines, line];
}

/** A label, and a text beside it that goes on under its own beginning; under the label where little room is left. */
export function labelled(label: string, text: string, width: number): string[] {
  const longest = Math.max(0, ...text.split(/\s+/).map(textWidth));
  const room = width - MARGIN;
  const isOver = longest > room - textWidth(label) && longest <= room - NARROW_INDENT;
  const isNarrow = textWidth(label) > width / 2 || isOver;
  const indent = ' '.repeat(isNarrow ? NARROW_INDENT : textWidth(label));
  const lines = wrap(text, indent, width);
  if (lines.length === 0) return [label.trimEnd()];
  if (isNarrow) return [label.trimEnd(), ...lines];
  return lines.map((line, at) => (at === 0 ? label + line.slice(indent.length) : line));
}

/** A command for a shell, broken at its spaces with a backslash where it is too long for one line. */
export function wrapCommand(words: readonly string[], indent: string, width: number): string[] {
  const room = width - MARGIN - ' \\'.length;
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    const joined = line.trim() === '' ? line + word : `${line} ${word}`;
    if (textWidth(joined) <= room || line.trim() === '') line = joined;
    else {
      lines.push(`${line} \\`);
      line = `${indent}  ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * As {@link table}, in as many tables as the width needs; each begins with the first column and its head.
 *
 * @returns the lines of each table
 */
export function tables(rows: readonly (readonly string[])[], indent: string, width: number): string[][] {
  const [head = []] = rows;
  const found: string[][] = [];
  let columns = [0];
  for (let column = 1; column < head.length; column++) {
    if (columns.length > 1 && tableWidth(pick(rows, [...columns, column]), indent) > width - MARGIN) {
      found.push(table(pick(rows, columns), indent, width));
      columns = [0];
    }
    columns.push(column);
  }
  return [...found, table(pick(rows, columns), indent, width)];
}

function pick(rows: readonly (readonly string[])[], columns: readonly number[]): string[][] {
  return rows.map((row) => columns.map((column) => row[column] ?? ''));
}

/** Columns that a table of these rows takes. */
export function tableWidth(rows: readonly (readonly string[])[], indent: string): number {
  const widths = columnWidths(rows);
  return textWidth(indent) + widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1);
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => textWidth(row[column] ?? ''))));
}

/**
 * Sets rows in columns, two spaces apart; each line begins with `indent`. The first row is the head. A table that is too
 * wide for the terminal becomes a list: each row's first cell, and under it the other cells with their heads.
 *
 * @param numbers columns that are aligned at their right end
 */
export function table(
  rows: readonly (readonly string[])[],
  indent: string,
  width: number,
  numbers: readonly number[] = [],
): string[] {
  const [head = [], ...body] = rows;
  if (head.length > 1 && tableWidth(rows, indent) > width - MARGIN)
    return body.flatMap((row) => asList(head, row, indent, width));
  const widths = columnWidths(rows);
  const sideOf = (column: number) => (numbers.includes(column) ? 'start' : 'end');
  return rows.map((row) =>
    (indent + row.map((cell, column) => padded(cell, widths[column] ?? 0, sideOf(column))).join(GAP)).trimEnd(),
  );
}

function asList(head: readonly string[], row: readonly string[], indent: string, width: number): string[] {
  const [, ...names] = head;
  const [first = '', ...cells] = row;
  const nameWidth = Math.max(0, ...names.map(textWidth));
  return [
    ...wrap(first, indent, width),
    ...cells.flatMap((cell, at) => {
      const name = `${indent}${GAP}${padded(names[at] ?? '', nameWidth)}${GAP}`;
      const [begin, ...more] = wrap(cell, ' '.repeat(textWidth(name)), width);
      return begin === undefined ? [] : [name + begin.trimStart(), ...more];
    }),
  ];
}

/** A word in pieces that fit `room`, if it has wide characters: those scripts break anywhere. */
function pieces(word: string, room: number): string[] {
  const isWide = textWidth(word) > [...SEGMENTER.segment(word)].length;
  if (!isWide || textWidth(word) <= room || room < 2) return [word];
  const piece = beginningOf(word, room);
  return [piece, ...pieces(word.slice(piece.length), room)];
}

function beginningOf(text: string, room: number): string {
  let end = 0;
  let used = 0;
  for (const { segment } of SEGMENTER.segment(text)) {
    used += textWidth(segment);
    if (used > room) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
