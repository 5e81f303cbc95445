// What `kms backup` and `kms restore` make, leave and never touch, with the real program.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function kms(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'kms', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

/** Makes a key server's folder by serving it once. */
async function served(): Promise<void> {
  const server = spawn(process.execPath, [BIN, 'kms', 'serve', '--dir', 'kms', '--listen', '127.0.0.1:0'], {
    cwd: folder,
  });
  await once(server.stdout, 'data');
  server.kill('SIGTERM');
  await once(server, 'exit');
}

describe('vcryptsim kms backup', () => {
  it('removes nothing that stands beside its place', async () => {
    await served();
    await mkdir(join(folder, 'safe.new'));
    await writeFile(join(folder, 'safe.new/thesis.txt'), 'years of work');
    await writeFile(join(folder, 'safe.tar.new'), 'notes');
    for (const out of ['safe', 'safe.tar']) {
      const { code, err } = kms('backup', '--dir', 'kms', '--out', out);
      expect([code, err], out).toEqual([3, expect.stringContaining(`${out}.new is in the way of the backup.`)]);
    }
    expect(await readFile(join(folder, 'safe.new/thesis.txt'), 'utf8')).toBe('years of work');
    expect((await readdir(folder)).sort()).toEqual(['kms', 'safe.new', 'safe.tar.new']);
  });
});

describe('vcryptsim kms restore', () => {
  it('ends with a sentence for a tar with an absurd size, and makes nothing', async () => {
    await served();
    expect(kms('backup', '--dir', 'kms', '--out', 'safe.tar').code).toBe(0);
    const tar = await readFile(join(folder, 'safe.tar'));
    const sizes = ['-0000001000', '77777777777', '1'];
    for (const size of sizes) {
      const bent = Buffer.from(tar);
      bent.write(size.padEnd(12, '\0'), 124, 'latin1');
      const sum = bent.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
      bent.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      await writeFile(join(folder, 'bent.tar'), bent);
      // As a hole, no byte of it is on the disk.
      if (size === '77777777777') await truncate(join(folder, 'bent.tar'), 2 ** 34);
      const { code, err } = kms('restore', '--from', 'bent.tar', '--dir', 'new', '--root-key', 'kms/root.key');
      expect([code, err], size).toEqual([3, expect.stringContaining('cannot be used')]);
      expect(await readdir(folder)).not.toContain('new');
    }
  });
});
