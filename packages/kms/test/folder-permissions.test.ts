// What others than its owner may do with a key server's folder.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { looseFiles, refuseLoose } from '../src/server/folder-permissions.js';

const OF_ALICE = ['cert.pem', 'authority.pem', 'key.pem', 'password'].map((name) => `clients/alice/${name}`);

/** Files of which one belongs to another user, as only root could make it. */
class WithAnothers extends OsFileSystem {
  constructor(private readonly path: string) {
    super();
  }
  override async lstat(path: string) {
    return { ...(await super.lstat(path)), isAnothers: path === this.path };
  }
}

describe('permissions of a key server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kms-permissions-'));
    await mkdir(`${folder}/store`, { mode: 0o700 });
    await mkdir(`${folder}/pki`, { mode: 0o700 });
    for (const name of ['clients', 'clients/alice', 'followers', 'followers/b'])
      await mkdir(`${folder}/${name}`, { mode: 0o700 });
    for (const name of ['root.key', 'pki/ca.key', 'store/journal', ...OF_ALICE, 'followers/b/cert.pem'])
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
    ['/clients/alice', 0o777],
    ['/clients/alice/cert.pem', 0o666],
    ['/clients/alice/authority.pem', 0o664],
    ['/clients/alice/key.pem', 0o644],
    ['/clients/alice/password', 0o640],
    ['/followers/b', 0o770],
    ['/followers/b/cert.pem', 0o606],
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

  it('are fine when everybody may read certificates', async () => {
    await chmod(`${folder}/clients/alice/cert.pem`, 0o644);
    await chmod(`${folder}/clients/alice`, 0o755);
    expect(await looseFiles(new OsFileSystem(), folder)).toEqual([]);
  });

  it.each(['', '/root.key', '/clients/alice/cert.pem', '/clients/alice/key.pem'])(
    'do not help against another user who owns %s',
    async (name) => {
      const found = await looseFiles(new WithAnothers(`${folder}${name}`), folder);
      expect(found).toEqual([expect.stringContaining(`Another user owns ${folder}${name}, and may`)]);
    },
  );
});
