import { afterEach, describe, expect, it, vi } from 'vitest';
import { emphasis, print, printError, printJson } from '../src/output.js';

afterEach(() => vi.restoreAllMocks());

/** What `work` writes on one of the two streams. */
function written(stream: 'stdout' | 'stderr', work: () => void): string {
  let text = '';
  vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  work();
  return text;
}

describe('the door to a person', () => {
  it('lets our own emphasis through and no other escape code', () => {
    const foreign = '\x1b[31mred\x1b]0;title\x07';
    const text = `${emphasis(1)}bold ${foreign}${emphasis(22)} plain\n`;
    const shown = '\x1b[1mbold \\u{1b}[31mred\\u{1b}]0;title\\u{7}\x1b[22m plain\n';
    expect(written('stdout', () => print(text))).toBe(shown);
    expect(written('stderr', () => printError(text))).toBe(shown);
  });

  it('takes emphasis that another process drew for foreign', () => {
    const guessed = '\x1b[1;2;3;4;5;6;7;8;31m';
    expect(written('stdout', () => print(guessed))).toBe('\\u{1b}[1;2;3;4;5;6;7;8;31m');
  });

  it('prints JSON that is plain to see and means the same', () => {
    const value = { name: 'a\u202e\u0085\nb' };
    const text = written('stdout', () => printJson(value));
    expect(text).toBe('{\n  "version": 1,\n  "name": "a\\u202e\\u0085\\nb"\n}\n');
    expect(JSON.parse(text)).toEqual({ version: 1, ...value });
  });
});
