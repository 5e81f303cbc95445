// Files that the user names: links are followed and pipes are read; everywhere else they stay refused.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exists, readWhole } from '../../src/index.js';
import { OsFileSystem } from '../../src/os/index.js';

describe.each(['sync', 'pool'] as const)('files that the user names (%s)', (mode) => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const named = () => new OsFileSystem({ mode, named: 'all' });
  const textOf = async (files: OsFileSystem, path: string) =>
    new TextDecoder().decode(await readWhole(files, path, 64));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-named-'));
    writeFileSync(at('plain'), 'content');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('follows links, one after another, as mounted secrets are made', async () => {
    mkdirSync(at('..2026'));
    writeFileSync(at('..2026/tls.crt'), 'mounted');
    symlinkSync('..2026', at('..data'));
    symlinkSync('..data/tls.crt', at('tls.crt'));
    expect(await textOf(named(), at('tls.crt'))).toBe('mounted');
    expect(await named().lstat(at('tls.crt'))).toMatchObject({ kind: 'file', sizeBytes: 7 });
  });

  it('follows only those that are named', async () => {
    symlinkSync('plain', at('one'));
    symlinkSync('plain', at('other'));
    const files = new OsFileSystem({ mode, named: [at('one')] });
    expect(await textOf(files, at('one'))).toBe('content');
    await expect(files.open(at('other'), { access: 'read' })).rejects.toMatchObject({ code: 'IS_LINK' });
    expect((await files.lstat(at('other'))).kind).toBe('link');
  });

  it('writes through no link', async () => {
    symlinkSync('plain', at('link'));
    const opened = named().open(at('link'), { access: 'write', create: 'if-missing' });
    await expect(opened).rejects.toMatchObject({ code: expect.stringMatching(/^(IS_LINK|LINK_LOOP)$/) });
    expect(readFileSync(at('plain'), 'utf8')).toBe('content');
  });

  it('says of a link that leads nowhere or round in a circle what it is', async () => {
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    await expect(named().open(at('dangling'), { access: 'read' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(named().open(at('a'), { access: 'read' })).rejects.toMatchObject({ code: 'LINK_LOOP' });
    // It is there, so that nobody makes a file over it.
    expect(await exists(named(), at('dangling'))).toBe(true);
  });

  it('refuses folders and devices by their kind', async () => {
    symlinkSync('/dev/null', at('device'));
    symlinkSync('.', at('folder'));
    await expect(named().open(at('device'), { access: 'read' })).rejects.toMatchObject({ code: 'NOT_A_FILE' });
    await expect(named().open(at('folder'), { access: 'read' })).rejects.toMatchObject({ code: 'IS_FOLDER' });
  });

  it('reads a pipe to its end, whoever comes first', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const reading = textOf(named(), at('pipe'));
    await writeFile(at('pipe'), 'through a pipe');
    expect(await reading).toBe('through a pipe');
    const writing = writeFile(at('pipe'), 'again');
    expect(await textOf(named(), at('pipe'))).toBe('again');
    await writing;
    await expect(new OsFileSystem({ mode }).open(at('pipe'), { access: 'read' })).rejects.toMatchObject({
      code: 'NOT_A_FILE',
    });
  });

  it('serves what came through a pipe as a file that cannot be written', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writing = writeFile(at('pipe'), 'abcdef');
    const handle = await named().open(at('pipe'), { access: 'read' });
    await writing;
    const part = new Uint8Array(4);
    expect(await handle.sizeBytes()).toBe(6);
    expect(await handle.pread(part, 3)).toBe(3);
    expect(new TextDecoder().decode(part)).toBe('def\0');
    await expect(handle.pwrite(part, 0)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    await handle.close();
    await expect(handle.pread(part, 0)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('reads no more than 16 MiB of a pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writing = writeFile(at('pipe'), new Uint8Array(17 * 1024 * 1024)).catch((error: unknown) => error);
    await expect(named().open(at('pipe'), { access: 'read' })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await writing).toMatchObject({ code: 'EPIPE' });
  });
});
