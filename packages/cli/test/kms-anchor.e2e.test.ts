// `kms serve --anchor` and `--strict`, the real program on real files.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kms-anchor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const words = (...more: string[]) => [
  BIN,
  'kms',
  'serve',
  '--dir',
  `${folder}/kms`,
  '--listen',
  '127.0.0.1:0',
  ...more,
];

/** Starts a server, lets it come up and ends it; answers what it said on standard error. */
async function started(...more: string[]): Promise<string> {
  const server = spawn(process.execPath, words(...more));
  let err = '';
  server.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  return err;
}

/** A server that refuses to start. */
function refused(...more: string[]): { code: number | null; err: string } {
  const { status, stderr } = spawnSync(process.execPath, words(...more), { encoding: 'utf8', timeout: 20_000 });
  return { code: status, err: stderr };
}

describe('kms serve', () => {
  it('refuses with --anchor a folder whose store is not the one that the file knows', async () => {
    const anchor = `${folder}/anchor`;
    await started('--anchor', anchor);
    const isNoLock = (path: string) => !path.includes('/lock');
    await cp(`${folder}/kms`, `${folder}/old`, { recursive: true, filter: isNoLock });
    const before = JSON.parse(await readFile(anchor, 'utf8'));
    expect(before).toMatchObject({ format: 'vcryptsim kms anchor 1', write: 0 });
    // The folder is replaced by one of another store: the anchor knows better.
    await rm(`${folder}/kms`, { recursive: true });
    const { code, err } = refused('--anchor', anchor);
    expect(code).not.toBe(0);
    expect(err).toContain(anchor);
    expect(JSON.parse(await readFile(anchor, 'utf8'))).toEqual(before);
    await rm(`${folder}/kms`, { recursive: true, force: true });
    await cp(`${folder}/old`, `${folder}/kms`, { recursive: true });
    await started('--anchor', anchor);
    expect(refused('--anchor', anchor, '--follow', '127.0.0.1:1').err).toContain('--anchor and --follow');
  });

  it('tells of a folder that others may change, and refuses it with --strict', async () => {
    expect(await started('--strict')).not.toContain('Others may');
    await chmod(`${folder}/kms`, 0o777);
    await chmod(`${folder}/kms/root.key`, 0o644);
    const told = await started();
    expect(told).toContain(`Others may change ${folder}/kms (mode 0777): chmod go-w ${folder}/kms`);
    expect(told).toContain(`Others may read ${folder}/kms/root.key (mode 0644): chmod 600 ${folder}/kms/root.key`);
    const { code, err } = refused('--strict');
    expect(code).not.toBe(0);
    expect(err).toContain(`Others may change ${folder}/kms`);
  });
});
