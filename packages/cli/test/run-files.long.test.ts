// What `run` makes, leaves, names and never touches, with the real program. It has a temporary folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));
const SCENARIO = `name: two acts
about: a short one
lab: { vms: { web: { host: esx-1, disk: 64KiB } } }
steps:
  - act: { title: First, text: It begins. }
  - vm.create: web
  - act: { title: Second, text: It ends. }
  - vm.power-on: web
`;

let folder: string;
let running: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-files-'));
  running = [];
  await mkdir(join(folder, 'tmp'));
  await mkdir(join(folder, 'scenarios'));
  await writeFile(join(folder, 'scenarios/two-acts.yaml'), SCENARIO);
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts the program. Its input stays open unless told otherwise; `until` waits for words on its output. */
function start(...words: string[]) {
  const env = { ...process.env, NO_COLOR: '1', CI: 'true', TMPDIR: join(folder, 'tmp') };
  const child = spawn(process.execPath, [BIN, ...words], { cwd: folder, env });
  running.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  const until = async (text: string) => {
    while (!out.includes(text)) await Promise.race([once(child.stdout, 'data'), ended]);
  };
  return { child, ended, until };
}

function vcryptsim(...words: string[]) {
  const { child, ended } = start(...words);
  child.stdin.end();
  return ended;
}

const RUN = ['run', 'two-acts', '--wire', 'memory', '--no-quiz'];
const inTmp = () => readdir(join(folder, 'tmp'));

describe('vcryptsim run', () => {
  it('goes on at the end of input, names its folder at the start and at each pause', async () => {
    const { code, out } = await vcryptsim(...RUN, '--step');
    const [name = ''] = await inTmp();
    expect([code, out]).toEqual([0, expect.stringContaining('PASSED')]);
    expect(out.slice(0, out.indexOf('Act 1')).split(name).length - 1).toBe(2);
    expect(out.split('[Enter]').length - 1).toBe(2);
  });

  it('loses no line that came before it was asked for', async () => {
    const { child, ended, until } = start(...RUN, '--step');
    child.stdin.write('\n\n');
    await until('PASSED');
    // Its input is still open: it ends all the same.
    expect((await ended).code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('names what is left when %s ends it', async (signal) => {
    const { child, ended, until } = start(...RUN, '--step', '--keep', 'kept');
    await until('[Enter]');
    child.kill(signal);
    const { code, err } = await ended;
    expect(code).toBe(128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal]);
    expect(err).toContain(`ended by ${signal}. The files so far are in ${join(folder, 'kept')}.`);
    expect(await readFile(join(folder, 'kept/events.jsonl'), 'utf8')).toContain('HOST_SEEN');
  });

  it('never writes where something is, and says what it replaces', async () => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine/thesis.txt'), 'years of work');
    await writeFile(join(folder, 'a-file'), 'of mine');
    for (const keep of ['mine', 'a-file']) expect((await vcryptsim(...RUN, '--keep', keep)).code, keep).toBe(3);
    expect(await readFile(join(folder, 'mine/thesis.txt'), 'utf8')).toBe('years of work');
    expect(await readFile(join(folder, 'a-file'), 'utf8')).toBe('of mine');

    await symlink('a-file', join(folder, 'link'));
    const { code, err } = await vcryptsim(...RUN, '--quiet', '--report', 'json=link,junit=/dev/null');
    expect([code, err]).toEqual([0, 'Replaced what was in link.\n']);
    expect(JSON.parse(await readFile(join(folder, 'a-file'), 'utf8'))).toBeTruthy();
    const before = await vcryptsim(...RUN, '--report', 'json=no-folder/x.json');
    expect([before.code, before.out]).toEqual([3, '']);
    expect(before.err).toContain('no-folder/x.json cannot be written: its folder does not exist.');
  });

  it('takes a name, a file or a folder, and says what was probably meant', async () => {
    await symlink('scenarios', join(folder, 'linked'));
    for (const word of ['two-acts', 'scenarios/two-acts.yaml', 'scenarios', 'linked']) {
      const { code } = await vcryptsim('run', word, '--wire', 'memory', '--quiet');
      expect(code, word).toBe(0);
    }
    const cases: [string, string][] = [
      ['two-act', "Did you mean 'two-acts'?"],
      ['scenarios/twoacts.yaml', "Did you mean 'scenarios/two-acts.yaml'?"],
      ['tmp', 'There is no scenario in the folder tmp.'],
    ];
    for (const [word, sentence] of cases) {
      for (const verb of [['run'], ['scenario', 'lint'], ['scenario', 'show']]) {
        const { code, err } = await vcryptsim(...verb, word);
        expect([code, err], `${verb.join(' ')} ${word}`).toEqual([2, expect.stringContaining(sentence)]);
      }
    }
  });
});

describe('the next scenario that a run names', () => {
  it('is a scenario, not any file in YAML beside it', async () => {
    await writeFile(join(folder, 'scenarios/zz-lock.yaml'), 'lockfileVersion: 9\n');
    expect((await vcryptsim(...RUN)).out).not.toContain('zz-lock');
    await writeFile(join(folder, 'scenarios/zzz.yaml'), SCENARIO);
    expect((await vcryptsim(...RUN)).out).toContain('run scenarios/zzz.yaml');
  });
});

describe('vcryptsim clean', () => {
  it('removes what runs left and nothing that another program, a user or a living run made', async () => {
    const others = ['vcryptsim-0123abcd', 'vcryptsim-notes', 'else'];
    for (const name of others) {
      await mkdir(join(folder, 'tmp', name));
      await writeFile(join(folder, 'tmp', name, 'file'), 'mine');
    }
    await vcryptsim(...RUN);
    const living = start(...RUN, '--step');
    await living.until('[Enter]');
    const runs = (await inTmp()).filter((name) => !others.includes(name));
    expect(runs).toHaveLength(2);
    await symlink(join(folder, 'tmp', runs[0]!), join(folder, 'tmp/vcryptsim-aaaaaaaa'));

    const listed = await vcryptsim('clean', '--dry-run', '--json');
    expect(JSON.parse(listed.out)).toMatchObject({ version: 1, removedBytes: 0 });
    expect(await inTmp()).toEqual(expect.arrayContaining(runs));
    expect((await vcryptsim('clean', '--older-than', '1d')).out).toContain('No run left anything');

    const { code, out } = await vcryptsim('clean');
    expect([code, out]).toEqual([0, expect.stringContaining('Removed 1 of 2')]);
    expect(out).toContain('still running');
    const left = await inTmp();
    expect(left.filter((name) => runs.includes(name))).toHaveLength(1);
    expect(left).toEqual(expect.arrayContaining([...others, 'vcryptsim-aaaaaaaa']));
    for (const name of others) expect(await readFile(join(folder, 'tmp', name, 'file'), 'utf8')).toBe('mine');
    living.child.stdin.end();
    expect((await living.ended).code).toBe(0);
  });

  it('leaves what was put among the files of a run, and copies of a run', async () => {
    await vcryptsim(...RUN);
    const [name = ''] = await inTmp();
    await writeFile(join(folder, 'tmp', name, 'notes.txt'), 'mine');
    const { out } = await vcryptsim('clean');
    expect(out).toContain('removed but for what no run made: notes.txt');
    expect(await readdir(join(folder, 'tmp', name))).toEqual(['notes.txt']);
  });
});
