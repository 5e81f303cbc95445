import { PassThrough } from 'node:stream';
import { type Clock, ClockError } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../src/run/describe-failure.js';
import { repeatCommand, shellWord } from '../src/run/repeat-command.js';
import { fitted } from '../src/terminal/fitted.js';
import { TerminalLine } from '../src/terminal/terminal-line.js';
import { terminalWidth } from '../src/terminal/terminal-width.js';
import { WaitLine } from '../src/terminal/wait-line.js';

/** A clock that moves by hand: each `after` is one entry until it is let go. */
class HandClock {
  nowMs = 0;
  #waiting: (() => void)[] = [];

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        this.nowMs += delayMs;
        resolve();
      });
      signal?.addEventListener('abort', () => reject(new ClockError('ABORTED', 'test')));
    });
  }

  async tick(): Promise<void> {
    this.#waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const screen = (isTTY: boolean, columns = 80) => Object.assign(new PassThrough(), { isTTY, columns });
const drawn = (stream: PassThrough): string => String(stream.read() ?? '');

describe('a wait', () => {
  it('shows on a terminal that it waits, how long already and of how much, and goes away', async () => {
    const clock = new HandClock();
    const stream = screen(true);
    const wait = new WaitLine(new TerminalLine(stream), clock as unknown as Clock);
    wait.begin('wait: 5m', 300_000);
    expect(drawn(stream)).toBe('');
    for (let second = 0; second < 12; second++) await clock.tick();
    expect(drawn(stream)).toContain('waiting 12 s of 5 min  wait: 5m');
    wait.end();
    expect(drawn(stream)).toBe('\r\x1b[K');
    await clock.tick();
    expect(drawn(stream)).toBe('');
  });

  it('keeps to the width of the terminal, and says nothing where there is none', async () => {
    const clock = new HandClock();
    const narrow = screen(true, 44);
    const wait = new WaitLine(new TerminalLine(narrow), clock as unknown as Clock);
    wait.begin(`until: { ${'x'.repeat(200)} }`, null);
    await clock.tick();
    expect(drawn(narrow).replace('\r\x1b[K', '').length).toBeLessThan(44);
    wait.end();
    const file = screen(false);
    new WaitLine(new TerminalLine(file), clock as unknown as Clock).begin('wait: 5m', 1);
    await clock.tick();
    expect(drawn(file)).toBe('');
  });
});

describe('the width', () => {
  it.each([
    [{ columns: 60 }, undefined, 60],
    [{ columns: 300 }, undefined, 120],
    [{ columns: 10 }, undefined, 40],
    [{}, '100', 100],
    [{}, 'wide', 80],
    [{}, undefined, 80],
    [{ columns: 72 }, '100', 72],
  ])('of %j and COLUMNS=%s is %i', (stream, columns, width) => {
    // Not `undefined`: that would ask the environment of the test.
    expect(terminalWidth(stream, columns ?? '')).toBe(width);
  });
});

describe('a help text', () => {
  const text = [
    'Keys are made on the server and destroyed at the end; what a server does not let us destroy is named, key by key.',
    '',
    'Example:',
    '  vcryptsim kmip check kms.example.org:5696 --cert vc.pem --key vc.key --ca kms-ca.pem --report junit=check.xml',
  ].join('\n');
  it.each([60, 80, 120])('fits %i columns: no word broken, and commands that a shell still reads', (width) => {
    const lines = fitted(text, width);
    expect(lines.split('\n').every((line) => line.length <= width)).toBe(true);
    expect(lines.replaceAll(/ \\\n\s+/g, ' ').replaceAll(/\s+/g, ' ')).toBe(text.replaceAll(/\s+/g, ' '));
  });
});

describe('the command that repeats a run', () => {
  const result = { file: 'x.yaml', seed: 7, clock: 'virtual', wire: 'tls' } as const;
  it('has the seed and the flags that decide what happens', () => {
    expect(repeatCommand(result, { engine: 'auto' }).join(' ')).toBe('npx --no-install vcryptsim run x.yaml --seed 7');
    const other = { ...result, clock: 'real', wire: 'memory' } as const;
    expect(repeatCommand(other, { engine: 'portable', disk: 'my disk.img' }).join(' ')).toBe(
      "npx --no-install vcryptsim run x.yaml --seed 7 --clock real --wire memory --engine portable --disk 'my disk.img'",
    );
  });
  it('quotes what a shell would take apart', () => {
    expect(shellWord("it's $HOME/x")).toBe("'it'\\''s $HOME/x'");
    expect(repeatCommand({ ...result, file: '-x.yaml' }, { engine: 'auto' })).toContain('./-x.yaml');
  });
  it('comes first when a quiet run fails', () => {
    const failed = {
      ...{ status: 'failed', file: 'x.yaml', folder: '/run', seed: 7, violations: [] },
      steps: [
        {
          ...{ number: 1, status: 'failed', file: 'x.yaml', line: 12, title: 'vm.read: a' },
          failures: [{ what: 'text', wanted: "'a'", found: "'b'" }],
        },
      ],
    };
    expect(
      describeFailure(failed as never, ['run', 'x.yaml'], 80)
        .split('\n')
        .slice(0, 6),
    ).toEqual([
      'Repeat it:',
      '  run x.yaml',
      'FAILED at step 1 of 1, x.yaml:12, seed 7, files in /run',
      '  x.yaml:12: vm.read: a',
      '    ! text',
      "      wanted  'a'",
    ]);
  });
});
