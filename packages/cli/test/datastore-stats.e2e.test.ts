import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.js';
import { putRowS22 } from '../../lab/test/support/small-datastore.js';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcryptsim-stats-'));
  await putRowS22(new OsFileSystem(), folder, 400);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('vcryptsim datastore stats', () => {
  it('[S22] shows plain, encrypted and a clone side by side, in figures and bars of 80 columns', async () => {
    const { exitCode, stdout, stderr } = await runCli(['datastore', 'stats', folder]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/both plain +1 pair +\[#{20}\] 99\.7 %/);
    expect(stdout).toMatch(/both encrypted, same key +1 pair +\[#{20}\] 99\.7 %/);
    expect(stdout).toMatch(/both encrypted, other key +2 pairs +\[-{20}\] 0\.0 %/);
    expect(stdout).toMatch(/encrypted and plain +6 pairs +\[-{20}\] 0\.0 %/);
    expect(stdout).toMatch(/encrypted +3 disks +\[#{20}\] 100\.0 %/);
    expect(stdout).toMatch(/3 {2}sealed-a\/sealed-a\.vmdk +0000000a +1\.6 MiB +25\.0 % +0\.0 % +100\.0 %/);
    expect(stdout).toMatch(/^ +3 +4 {2}both encrypted, same key +99\.7 %$/m);
  });

  it('gives the same as one JSON document', async () => {
    const { exitCode, stdout } = await runCli(['datastore', 'stats', folder, '--json']);
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ version: 1, folder, blockSizeBytes: 4096, countedOneIn: 1, notes: [] });
    expect(document.disks).toHaveLength(5);
    expect(document.pairs).toHaveLength(10);
  });

  it('says what is wrong with a folder that has no disk, or is none', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'vcryptsim-stats-'));
    writeFileSync(join(empty, 'a.vmdk'), '# Disk DescriptorFile\nRW 8 VMFS "a-flat.vmdk"\n');
    const none = await runCli(['datastore', 'stats', empty]);
    expect(none.exitCode).toBe(3);
    expect(none.stderr).toContain('there is no virtual disk to measure');
    expect(none.stderr).toContain('a-flat.vmdk, which is not there');
    const gone = await runCli(['datastore', 'stats', join(empty, 'gone')]);
    expect(gone.exitCode).toBe(3);
    expect(gone.stderr).toContain('does not exist');
    rmSync(empty, { recursive: true });
  });
});
