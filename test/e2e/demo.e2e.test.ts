// The README's first command as a stranger meets it: what it prints, what it leaves, and whether its last advice is good.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOutcome, runCli } from '../support/run-cli.js';

const SCENARIO = 'scenarios/host-reboot-without-kms.yaml';

let folder: string;
let demo: CliOutcome;
const at = (...names: string[]) => join(folder, ...names);
const eventsOf = (run: string) => readFileSync(at(run, 'events.jsonl'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-demo-'));
  demo = await runCli(['run', SCENARIO, '--keep', at('demo')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the demo', () => {
  it('[S04] tells the story to its end, and all of it holds', () => {
    expect(demo.stderr).toBe('');
    expect(demo.exitCode).toBe(0);
    for (const act of [1, 2, 3, 4]) expect(demo.stdout).toMatch(new RegExp(`^Act ${act}: `, 'm'));
    expect(demo.stdout).toMatch(/^PASSED/m);
    expect(demo.stdout).toContain('keys made under a seed are not secret');
  });

  it('keeps to plain text where there is no terminal', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    expect(demo.stdout).not.toMatch(/\u001b/);
    expect(demo.stdout).not.toMatch(/\p{Extended_Pictographic}/u);
  });

  it('leaves the files of every party, and a log of JSON lines', async () => {
    expect(readdirSync(at('demo')).sort()).toEqual(
      expect.arrayContaining(['datastores', 'events.jsonl', 'hosts', 'kms', 'run.json', 'vcenter']),
    );
    expect(eventsOf('demo').length).toBeGreaterThan(1_000);
    for (const line of eventsOf('demo').toString().trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('ends with commands that work as printed', async () => {
    const commands = [
      ...demo.stdout.replaceAll(/ \\\n\s+/g, ' ').matchAll(/^ +npx --no-install vcryptsim (.+)$/gm),
    ].map(([, words = '']) => words.split(' '));
    expect(commands.map(([verb]) => verb)).toEqual(['inspect', 'scan', 'run']);
    for (const words of commands) {
      const outcome = await runCli(words[0] === 'run' ? [...words, '--quiet', '--keep', at('advice')] : words);
      expect(outcome.exitCode).toBe(0);
    }
  });

  it('is the same run again under the same seed, and another under another', async () => {
    for (const [name, seed] of [
      ['again', '42'],
      ['other', '43'],
    ] as const) {
      const { exitCode } = await runCli(['run', SCENARIO, '--seed', seed, '--keep', at(name), '--quiet']);
      expect(exitCode).toBe(0);
    }
    expect(sha256(eventsOf('again'))).toBe(sha256(eventsOf('demo')));
    expect(sha256(eventsOf('other'))).not.toBe(sha256(eventsOf('demo')));
  });
});

describe('vcryptsim', () => {
  it.each([
    [['--help'], /run scenarios\//],
    [['run', '--help'], /--disk/],
    [['scenario', 'lint', '--help'], /file/i],
    [['kms', 'serve', '--help'], /--listen/],
    [['kms', 'client', 'add', '--help'], /--cert/],
    [['inspect', '--help'], /--json/],
    [['scan', '--help'], /--needle/],
  ])('%s has help with an example', async (words, says) => {
    const { exitCode, stdout } = await runCli(words);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/Examples?:\n +vcryptsim /);
  });
});
