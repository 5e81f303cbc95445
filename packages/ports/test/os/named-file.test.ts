import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@vcryptsim/ports';
import { namedPlace, OsFileSystem, writeNamedFile } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'named-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a file that the user names', () => {
  it('is made where nothing is', async () => {
    const path = join(folder, 'report.json');
    expect(namedPlace(path)).toBe('nothing');
    expect(await writeNamedFile(path, bytes('new'))).toBe('nothing');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('is written through where a file is, which stays the same file', async () => {
    const path = join(folder, 'report.json');
    await writeFile(path, 'an older and longer report', { mode: 0o640 });
    const before = await stat(path);
    expect(await writeNamedFile(path, bytes('new'))).toBe('file');
    const after = await stat(path);
    expect([after.ino, after.mode, await readFile(path, 'utf8')]).toEqual([before.ino, before.mode, 'new']);
  });

  it('is reached through a link, which stays a link', async () => {
    await writeFile(join(folder, 'real'), 'old');
    await symlink('real', join(folder, 'link'));
    expect(await writeNamedFile(join(folder, 'link'), bytes('new'))).toBe('file');
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new');
    await symlink('nowhere', join(folder, 'dangling'));
    await expect(writeNamedFile(join(folder, 'dangling'), bytes('x'))).rejects.toMatchObject({ code: 'IS_LINK' });
  });

  it('may be the null device, which stays one', async () => {
    expect(await writeNamedFile('/dev/null', bytes('x'))).toBe('device');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    await symlink('/dev/null', join(folder, 'null'));
    expect(await writeNamedFile(join(folder, 'null'), bytes('x'))).toBe('device');
  });

  it('may be a pipe, whose reader gets all of it and may come later', async () => {
    const path = join(folder, 'pipe');
    spawnSync('mkfifo', [path]);
    const content = 'x'.repeat(1_000_000);
    const writing = writeNamedFile(path, bytes(content));
    const reader = spawn('cat', [path]);
    let read = '';
    reader.stdout.on('data', (data) => {
      read += data;
    });
    await Promise.all([once(reader, 'close'), writing]);
    expect(read === content).toBe(true);
    expect((await stat(path)).isFIFO()).toBe(true);
  });

  it('is refused by its kind, and nothing changes', async () => {
    await mkdir(join(folder, 'folder'));
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    const refused: [string, string][] = [
      ['folder', 'IS_FOLDER'],
      ['socket', 'NOT_A_FILE'],
      ['missing/report.json', 'NOT_FOUND'],
    ];
    for (const [name, code] of refused) {
      expect(() => namedPlace(join(folder, name)), name).toThrow(expect.objectContaining({ code }));
      await expect(writeNamedFile(join(folder, name), bytes('x')), name).rejects.toMatchObject({ code });
    }
    server.close();
  });

  it('says that a device is full, and leaves the device', async () => {
    await expect(writeNamedFile('/dev/full', bytes('x'))).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true);
  });
});

describe('a file of ours that is replaced', () => {
  it('is never a link, a folder or a device', async () => {
    const files = new OsFileSystem();
    await writeFile(join(folder, 'real'), 'old');
    await symlink('real', join(folder, 'link'));
    await symlink('/dev/null', join(folder, 'null'));
    for (const [path, code] of [
      [join(folder, 'link'), 'IS_LINK'],
      [join(folder, 'null'), 'IS_LINK'],
      [folder, 'IS_FOLDER'],
      ['/dev/null', 'NOT_A_FILE'],
    ] as const) {
      await expect(replaceFile(files, path, bytes('new')), path).rejects.toMatchObject({ code });
    }
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('old');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});
