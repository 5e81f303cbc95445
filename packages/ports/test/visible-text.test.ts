import { visibleJson, visibleLine, visibleText } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';

// What acts on a terminal or is not seen, by kind.
const UNSEEN: readonly (readonly [kind: string, text: string, shown: string])[] = [
  ['escape', '\u001b[31m', '\\u{1b}[31m'],
  ['bell', '\u0007', '\\u{7}'],
  ['carriage return', 'a\rb', 'a\\u{d}b'],
  ['backspace', '\b', '\\u{8}'],
  ['delete', '\u007f', '\\u{7f}'],
  ['C1', '\u009b31m', '\\u{9b}31m'],
  ['right to left', '\u202eabc', '\\u{202e}abc'],
  ['isolate', '\u2066', '\\u{2066}'],
  ['zero width', 'a\u200bb\u200d\u2060\ufeff', 'a\\u{200b}b\\u{200d}\\u{2060}\\u{feff}'],
  ['soft hyphen', '\u00ad', '\\u{ad}'],
  ['filler', '\u3164', '\\u{3164}'],
  ['line separator', '\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['tag', '\u{e0041}', '\\u{e0041}'],
  ['half of a pair', '\ud83d!', '\\u{d83d}!'],
];

describe('text on its way to a person', () => {
  it.each(UNSEEN)('shows %s as what it is', (_kind, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(visibleLine(text)).toBe(shown);
  });

  it('leaves what is seen as it is', () => {
    for (const text of ['plain text', 'Größe, キー, ключ, مفتاح', '😀 ✓ \\u{1b}']) {
      expect([visibleText(text), visibleLine(text)]).toEqual([text, text]);
    }
    expect(visibleText('a\n\tb')).toBe('a\n\tb');
    expect(visibleLine('a\n\tb')).toBe('a\\u{a}\\u{9}b');
  });

  it('escapes in JSON as JSON does, so that it means the same', () => {
    for (const [, text] of UNSEEN) {
      const json = visibleJson(JSON.stringify({ [text]: [text] }, null, 2));
      expect(json).toMatch(/^[\n\x20-\x7e]*$/);
      expect(JSON.parse(json)).toEqual({ [text]: [text] });
    }
  });
});
