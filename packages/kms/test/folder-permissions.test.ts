// What others than its owner may do with a key server's folder.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { looseFiles, refuseLoose } from '../src/folder-permissions.js';

describe('permissions of a key server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kms-permissions-'));
    await mkdir(`${folder}/store`, { mode: 0o700 });
    await mkdir(`${folder}/pki`, { mode: 0o700 });
    for (const name of ['root.key', 'pki/ca.key', 'store/journal'])
      await writeFile(`${folder}/${name}`, '', { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['', 0o777],
    ['/store', 0o770],
    ['/store/journal', 0o620],
    ['/root.key', 0o640],
    ['/root.key', 0o604],
    ['/pki/ca.key', 0o644],
  ])('tell of %s with mode %o, and refuse it when asked to', async (name, mode) => {
    const files = new OsFileSystem();
    expect(await looseFiles(files, folder)).toEqual([]);
    refuseLoose([]);
    await chmod(`${folder}${name}`, mode);
    const found = await looseFiles(files, folder);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${folder}${name} (mode 0${mode.toString(8)}): chmod`);
    expect(() => refuseLoose(found)).toThrow(expect.objectContaining({ code: 'FOLDER_OPEN' }));
  });
});
