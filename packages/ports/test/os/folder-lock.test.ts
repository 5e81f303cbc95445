import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError, type FolderLock } from '@vcryptsim/ports';
import { OsFolderLocks } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folder-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function taken(path: string, purpose = 'serve'): Promise<FolderLock> {
  const lock = await new OsFolderLocks().take(path, purpose);
  if ('holder' in lock) throw new Error(`held by ${lock.holder.pid}`);
  return lock;
}

describe('the lock of a folder', () => {
  it('is held once, names its holder, and is free again when it is given back', async () => {
    const path = join(folder, 'made/on/the/way');
    const lock = await taken(path);
    const other = { holder: { pid: process.pid, purpose: 'serve' } };
    expect(await new OsFolderLocks().take(path, 'administration')).toEqual(other);
    await lock.release();
    await lock.release();
    const next = await taken(path, 'administration');
    expect(await new OsFolderLocks().take(path, 'serve')).toMatchObject({ holder: { purpose: 'administration' } });
    await next.release();
  });

  it('has one winner among many who come at the same moment', async () => {
    for (let round = 0; round < 40; round++) {
      const path = join(folder, String(round));
      if (round % 2 === 0) await (await taken(path)).release();
      const answers = await Promise.all(Array.from({ length: 8 }, () => new OsFolderLocks().take(path, 'serve')));
      const winners = answers.filter((each): each is FolderLock => 'release' in each);
      expect(winners, `round ${round}`).toHaveLength(1);
      await winners[0]?.release();
    }
  });

  it('is free when its process was killed, whatever has that process ID now', async () => {
    // A socket on which nobody listens is what a killed process leaves.
    await mkdir(join(folder, 'lock'));
    const left = `require('node:net').createServer().listen(${JSON.stringify(join(folder, 'lock/7'))}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', left]), 'exit');
    expect(await readdir(join(folder, 'lock'))).toEqual(['7']);
    const lock = await taken(folder);
    expect(await readdir(join(folder, 'lock'))).toEqual(['8']);
    await lock.release();
  });

  it('is held while its process is too busy to say who it is', async () => {
    await mkdir(join(folder, 'lock'));
    const busy = createServer(() => {}).listen(join(folder, 'lock/1'));
    await once(busy, 'listening');
    try {
      const answer = await new OsFolderLocks().take(folder, 'serve');
      expect(answer).toEqual({ holder: { pid: null, purpose: null } });
    } finally {
      busy.close();
    }
  });

  it('leaves one file, however often it was taken, and sweeps what others left', async () => {
    await mkdir(join(folder, 'lock'));
    await writeFile(join(folder, 'lock/new-00ff'), '');
    await writeFile(join(folder, 'lock/notes.txt'), 'not of the lock');
    for (const times of [8, 16]) {
      for (let time = 0; time < times; time++) await (await taken(folder)).release();
      expect(await readdir(join(folder, 'lock'))).toHaveLength(2);
    }
    expect(await readdir(join(folder, 'lock'))).toEqual(['24', 'notes.txt']);
  });

  it('holds in a folder whose path is too long for a socket', async () => {
    const deep = join(folder, 'd'.repeat(100), 'e'.repeat(100));
    const lock = await taken(deep);
    expect(await new OsFolderLocks().take(deep, 'serve')).toMatchObject({ holder: { pid: process.pid } });
    await lock.release();
  });

  it('says what stands in the way', async () => {
    await writeFile(join(folder, 'lock'), 'a file');
    const place = join(folder, 'lock');
    const refusal = { code: 'NOT_A_FOLDER', path: place };
    await expect(new OsFolderLocks().take(folder, 'serve')).rejects.toMatchObject(refusal);
    await expect(new OsFolderLocks().take(place, 'serve')).rejects.toMatchObject(refusal);
    await expect(new OsFolderLocks().take(place, 'serve')).rejects.toThrow(FileError);
    expect(await readFile(place, 'utf8')).toBe('a file');
  });
});
