import { describe, expect, it } from 'vitest';
import { padded, shortened, table, tables, textWidth, wrap, wrapCommand } from '../src/layout.js';
import { aroundDifference } from '../src/narrator/failure.js';

const WIDTHS = [60, 80, 120];
const ROWS = [
  ['where each key is', 'kms-1', 'kms-2', 'vCenter', 'esx-1 memory', 'esx-2 memory', 'disk'],
  ['KEK of payroll 1362fd91', 'bytes', 'never copied', 'ID only', 'bytes', '-', 'ID only'],
  ['KEK of 顧客データ 07b5a8b3', 'bytes', 'unreachable', 'ID only', '-', 'bytes', 'sealed by 1362fd91'],
];

describe.each(WIDTHS)('text for a terminal of %i columns', (width) => {
  it('breaks at spaces only', () => {
    const text = 'An encrypted VM outlives the loss of its key server, but not the reboot of its host. '.repeat(4);
    for (const indent of ['', '  ', '       | ']) {
      const lines = wrap(text, indent, width);
      expect(lines.every((line) => textWidth(line) <= width && line.startsWith(indent))).toBe(true);
      expect(lines.flatMap((line) => line.slice(indent.length).split(' '))).toEqual(text.trim().split(/\s+/));
    }
  });

  it('leaves a word whole that is longer than a line, and counts wide characters twice', () => {
    const hash = 'a1'.repeat(80);
    expect(wrap(`the hash ${hash} end`, '  ', width)).toContain(`  ${hash}`);
    const wide = wrap('鍵は鍵サーバーにあり、ホストは再起動した。'.repeat(8), '  ', width);
    expect(wide.length).toBeGreaterThan(1);
    expect(wide.every((line) => textWidth(line) <= width)).toBe(true);
    expect(wide.map((line) => line.trim()).join('')).toBe('鍵は鍵サーバーにあり、ホストは再起動した。'.repeat(8));
  });

  it('has no table over the edge', () => {
    const lines = table(ROWS, '  ', width);
    expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
    for (const cell of ROWS.slice(1).flat()) expect(lines.some((line) => line.includes(cell))).toBe(true);
  });

  it('breaks a command so that a shell still reads it', () => {
    const words = ['npx', '--no-install', 'vcryptsim', 'scan', `/tmp/${'x'.repeat(40)}`, '--needle', '544f502d5345'];
    const lines = wrapCommand(words, '  ', width);
    expect(
      lines
        .join('\n')
        .replaceAll(/ \\\n\s+/g, ' ')
        .trim(),
    ).toBe(words.join(' '));
    expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
  });
});

describe('tables', () => {
  it('set rows in columns by the width of their characters', () => {
    expect(
      table(
        [
          ['a', 'b'],
          ['鍵', 'c'],
          ['xyz', 'd'],
        ],
        ' ',
        80,
      ),
    ).toEqual([' a    b', ' 鍵   c', ' xyz  d']);
    expect(
      table(
        [
          ['n', 'x'],
          ['5', 'y'],
          ['100', 'z'],
        ],
        '',
        80,
        [0],
      ),
    ).toEqual(['  n  x', '  5  y', '100  z']);
  });
  it('become a list where they are too wide', () => {
    expect(table(ROWS.slice(0, 2), '', 50)).toEqual([
      'KEK of payroll 1362fd91',
      '  kms-1         bytes',
      '  kms-2         never copied',
      '  vCenter       ID only',
      '  esx-1 memory  bytes',
      '  esx-2 memory  -',
      '  disk          ID only',
    ]);
  });
});

describe('a table that is too wide', () => {
  it('becomes several, each with the first column', () => {
    const wide = 'x'.repeat(40);
    const rows = [
      ['key', 'a', 'b', 'c'],
      ['k', wide, 'y', wide],
    ];
    expect(tables(rows, '  ', 80).map((lines) => lines.map((line) => line.replaceAll(/x+/g, 'x')))).toEqual([
      [`  key  a${' '.repeat(41)}b`, '  k    x  y'],
      ['  key  c', '  k    x'],
    ]);
    for (const width of WIDTHS) {
      const lines = tables(ROWS, '  ', width).flat();
      expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
    }
  });
});

describe('cut texts', () => {
  it('fit, and end at a whole character', () => {
    expect(shortened('abcdefgh', 8)).toBe('abcdefgh');
    expect(shortened('abcdefghi', 8)).toBe('abcde...');
    expect(shortened('鍵鍵鍵鍵鍵', 8)).toBe('鍵鍵...');
    expect(padded('鍵', 4)).toBe('鍵  ');
    expect(padded('鍵', 4, 'start')).toBe('  鍵');
  });
  it('show where two differ', () => {
    expect(aroundDifference("'abc'", "'abd'", 20)).toEqual(["'abc'", "'abd'"]);
    const same = 'x'.repeat(300);
    const [one, other] = aroundDifference(`${same}ONE${same}`, `${same}TWO${same}`, 40);
    expect([one, other].every((text) => text.length <= 40)).toBe(true);
    expect(one).toContain('xONEx');
    expect(other).toContain('xTWOx');
    expect(aroundDifference('a\n b', 'a b c', 20)).toEqual(['a b', 'a b c']);
  });
});
