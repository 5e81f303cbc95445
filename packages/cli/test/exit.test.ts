import { FileError, NetworkError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { CliError, EXIT, reportTrouble } from '../src/exit.js';

function report(error: unknown, wantTrace = false): { code: number; text: string } {
  let text = '';
  const code = reportTrouble(error, (part) => (text += part), wantTrace);
  return { code, text };
}

describe('reportTrouble', () => {
  it('prints a trouble that a user can mend as sentences, with its exit code', () => {
    expect(report(new CliError(EXIT.badInput, 'This is wrong.', 'Do that.'))).toEqual({
      code: 2,
      text: 'vcryptsim: This is wrong.\n  Do that.\n',
    });
  });

  it.each([
    [new FileError('NO_SPACE', 'write', '/a/b'), /\/a\/b .*disk is full/],
    [new FileError('NOT_PERMITTED', 'open', '/a/b'), /\/a\/b .*not accessible/],
    [new NetworkError('ADDRESS_IN_USE', 'Port 5696 is taken.'), /Port 5696[\s\S]*another port/],
  ])('says what %s means, with the next step', (error, says) => {
    const { code, text } = report(error);
    expect(code).toBe(3);
    expect(text).toMatch(says);
    expect(text.trimEnd().split('\n')).toHaveLength(2);
  });

  it('owns up to a mistake of ours in one line, and shows the way to its trace', () => {
    const { code, text } = report(new TypeError('x is not a function'));
    expect(code).toBe(3);
    expect(text).toContain('x is not a function');
    expect(text).toContain('VCRYPTSIM_TRACE=1');
    expect(text).not.toMatch(/^\s+at /m);
    expect(report(new TypeError('x'), true).text).toMatch(/^\s+at /m);
    expect(report('a string').text).toContain('a string');
  });
});
