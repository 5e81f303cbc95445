// The tutorial of docs/scenarios.md is true: its files are written and its commands run as they are there, in their order.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DOCUMENT = readFileSync('docs/scenarios.md', 'utf8');
const PROGRAM = 'npx --no-install vcryptsim';
const BIN = resolve('packages/cli/bin/vcryptsim.js');

/** One fenced block: its language, what is said after it, and its text. */
interface Block {
  readonly language: string;
  readonly says: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...DOCUMENT.matchAll(/^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', says = '', text = '']) => ({ language, says, text }),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-scenarios-'));
  symlinkSync(resolve('schema'), join(folder, 'schema'));
});
afterAll(() => {
  spawnSync(process.execPath, [BIN, 'lab', 'down', '--dir', 'my-lab'], { cwd: folder });
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a block as a shell does, up to its first command that fails. */
function shell(text: string) {
  const script = text.replaceAll(PROGRAM, `'${process.execPath}' '${BIN}'`);
  const env = { ...process.env, NO_COLOR: '1', CI: 'true' };
  return spawnSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8', env });
}

describe('docs/scenarios.md', () => {
  it('has files, commands and what they print, and nothing that is not run', () => {
    const count = (language: string) => blocks.filter((block) => block.language === language).length;
    expect([count('yaml'), count('sh'), count('text')].every((each) => each > 0)).toBe(true);
    expect(count('yaml') + count('sh') + count('text')).toBe(blocks.length);
    const named = blocks.filter(({ language }) => language === 'yaml').map(({ says }) => says);
    expect(named.every((name) => /^[\w/-]+\.yaml$/.test(name))).toBe(true);
    const commands = blocks.flatMap(({ language, text }) => (language === 'sh' ? text.trim().split('\n') : []));
    expect(commands.every((line) => line.startsWith(`${PROGRAM} `) || line.startsWith('sed '))).toBe(true);
  });

  it('is so, from its first block to its last', () => {
    // A scenario may use a part that comes after it on the page.
    for (const { language, says, text } of blocks.filter((block) => block.language === 'yaml')) {
      expect(language).toBe('yaml');
      mkdirSync(dirname(join(folder, says)), { recursive: true });
      writeFileSync(join(folder, says), text);
    }
    let printed = '';
    for (const { language, says, text } of blocks) {
      if (language === 'text') expect(printed).toBe(text);
      if (language !== 'sh') continue;
      const { status, stdout, stderr } = shell(text);
      expect([text, status, status === Number(/exit=(\d)/.exec(says)?.[1] ?? 0) ? '' : stdout + stderr]).toEqual([
        text,
        Number(/exit=(\d)/.exec(says)?.[1] ?? 0),
        '',
      ]);
      printed = stdout + stderr;
    }
    expect(printed).toContain('PASSED');
  });

  it('has scenarios that name their schema, but for the one with mistakes', () => {
    for (const { language, says, text } of blocks) {
      if (language !== 'yaml' || says === 'wrong.yaml') continue;
      const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
      expect(() => execFileSync('test', ['-f', join(dirname(join(folder, says)), schema)])).not.toThrow();
    }
  });
});
