// What keeps two processes out of one key server's folder, with real processes: also with the process IDs of containers.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));
const NEW_PIDS = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath];

let folder: string;
let running: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-'));
  running = [];
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a key server on the folder: answers it once it is ready, or what it said when it ended before. */
async function serve(command: string, before: readonly string[]): Promise<ChildProcess | string> {
  const child = spawn(command, [...before, BIN, 'kms', 'serve', '--dir', folder, '--listen', '127.0.0.1:0']);
  running.push(child);
  let err = '';
  child.stderr.on('data', (data) => (err += data));
  const ready = new Promise<ChildProcess>((resolve) => {
    child.stdout.on('data', (data) => String(data).includes('"ready":true') && resolve(child));
  });
  return Promise.race([ready, once(child, 'close').then(() => err)]);
}

async function kill(child: ChildProcess | string): Promise<void> {
  if (typeof child === 'string') throw new Error(child);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe("the lock of a key server's folder", () => {
  it('keeps a second server out and names the first', async () => {
    const first = await serve(process.execPath, []);
    const second = await serve(process.execPath, []);
    const pid = typeof first === 'string' ? first : first.pid;
    expect(second).toContain(`Another key server (process ${pid}) has ${folder}.`);
  });

  it('is not held by a process that was killed in a container, though the next one has the same ID', async (context) => {
    if (spawnSync('unshare', [...NEW_PIDS, '-e', '0']).status !== 0) {
      leftOut(context.task.name, 'unshare cannot make a process ID namespace here');
      return;
    }
    for (let start = 0; start < 2; start++) await kill(await serve('unshare', NEW_PIDS));
    // Two containers that share the folder see each other too, though both are process 1.
    const living = await serve('unshare', NEW_PIDS);
    expect(await serve('unshare', NEW_PIDS)).toContain('Another key server (process 1) has');
    await kill(living);
  });

  it('takes no lock of the earlier kind for a living one', async () => {
    for (const left of [`${process.pid} serve\n`, '1 serve\n', '999999 administration\n', 'nonsense']) {
      await writeFile(join(folder, 'serve.lock'), left);
      await kill(await serve(process.execPath, []));
      expect(await readdir(folder), left).not.toContain('serve.lock');
    }
  });
});
