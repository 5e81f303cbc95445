// `run` when the environment is against it: one sentence with the next step, exit code 3, nothing half-written.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../support/left-out.js';
import { hasStackTrace, runCli } from '../support/run-cli.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SCENARIO = join(ROOT, 'scenarios/host-reboot-without-kms.yaml');
const MIB = 1024 * 1024;

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-trouble-'));
  writeFileSync(at('empty.img'), '');
  writeFileSync(at('odd.img'), Buffer.alloc(1000, 1));
  writeFileSync(at('qcow2.img'), Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1020)]));
  writeFileSync(at('good.img'), Buffer.alloc(MIB, 0x5a));
  writeFileSync(at('large.img'), Buffer.alloc(16 * MIB, 0x5a));
  writeFileSync(at('a-file'), 'not a folder');
  mkdirSync(at('used'));
  writeFileSync(at('used', 'mine.txt'), 'mine');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What every failure here has in common; answers what was said. */
function expectOneSentence(outcome: { exitCode: number | null; stdout: string; stderr: string }): string {
  expect(outcome.exitCode).toBe(3);
  expect(hasStackTrace(outcome.stdout + outcome.stderr)).toBe(false);
  const lines = outcome.stderr.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(3);
  expect(lines.join(' ')).toMatch(/[.:] |\.$/);
  return outcome.stderr;
}

describe('vcryptsim run --disk', () => {
  it.each([
    ['is not there', 'missing.img', /missing\.img.*no such file/],
    ['is empty', 'empty.img', /empty\.img is empty/],
    ['is not a multiple of 512 bytes', 'odd.img', /odd\.img has 1000 bytes.*512/],
    ['is of another format', 'qcow2.img', /qcow2\.img is a qcow2 image.*qemu-img convert/],
    ['is a folder', 'used', /used.*folder/],
  ])('says that an image %s', async (_, image, says) => {
    const keep = at(`keep-${image}`);
    const said = expectOneSentence(await runCli(['run', SCENARIO, '--disk', at(image), '--keep', keep, '--quiet']));
    expect(said).toMatch(says);
    expect(existsSync(keep) ? readdirSync(keep) : []).toEqual([]);
  });
});

describe('vcryptsim run --keep', () => {
  it.each([
    ['a file', () => at('a-file'), /a-file/],
    ['a folder below a file', () => at('a-file', 'deep'), /a-file/],
    ['a folder that holds something', () => at('used'), /used/],
  ])('refuses %s, and leaves it as it is', async (_, keep, says) => {
    const said = expectOneSentence(await runCli(['run', SCENARIO, '--keep', keep(), '--quiet']));
    expect(said).toMatch(says);
    expect(readFileSync(at('a-file'), 'utf8')).toBe('not a folder');
    expect(readdirSync(at('used'))).toEqual(['mine.txt']);
  });
});

/** Runs the program where a file system of its own is mounted at `mount`, and lists the files it left there. */
function runOnMount(
  options: string,
  words: readonly string[],
): { outcome: Parameters<typeof expectOneSentence>[0]; left: string[] } {
  const mount = at('mount');
  mkdirSync(mount, { recursive: true });
  const script = `mount -t tmpfs -o ${options} none '${mount}' && { "$@"; code=$?; find '${mount}' -type f >'${at('left')}'; exit $code; }`;
  const cli = [process.execPath, join(ROOT, 'packages/cli/bin/vcryptsim.js'), ...words];
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...cli],
    {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
  const left = readFileSync(at('left'), 'utf8').split('\n');
  return { outcome: { exitCode: status, stdout, stderr }, left: left.filter((line) => line !== '') };
}

const canMount =
  spawnSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!canMount)
  leftOut('run on a full and on a read-only file system', 'no mount namespace can be made here (unshare, mount)');

describe.runIf(canMount)('vcryptsim run on a medium that does not take it', () => {
  it('says that the disk is full, and leaves no half of a disk behind', () => {
    const words = ['run', SCENARIO, '--disk', at('large.img'), '--keep', at('mount', 'run'), '--quiet'];
    const { outcome, left } = runOnMount('size=6m', words);
    // How to repeat the run and where its files are come first; the cause is the last thing that is said.
    const [before, cause = ''] = outcome.stderr.split(/^The files so far are in .*\n/m);
    expect(before).toMatch(/^Repeat it:\n/);
    expect(expectOneSentence({ ...outcome, stderr: cause })).toMatch(/room|space/i);
    expect(left.filter((path) => path.endsWith('.vmdk') || path.endsWith('.vmx') || path.endsWith('.new'))).toEqual([]);
  });

  it('says that a folder is read-only, and writes nothing', () => {
    const { outcome, left } = runOnMount('ro', ['run', SCENARIO, '--keep', at('mount', 'run'), '--quiet']);
    expect(expectOneSentence(outcome)).toMatch(/read-only/);
    expect(left).toEqual([]);
  });
});
