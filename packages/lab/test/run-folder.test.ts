import type { FileSystem } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { makeRunFolder } from '../src/folder/run-folder.js';
import { readRunMark, removeRunFolder } from '../src/folder/run-mark.js';

const OPTIONS = { hosts: ['esx-1'], datastores: ['ds'], isKept: false, madeAtMs: 5, token: '00ff' } as const;

async function put(files: FileSystem, path: string, text = 'x'): Promise<void> {
  const handle = await files.open(path, { access: 'write', create: 'exclusive' });
  await handle.pwrite(new TextEncoder().encode(text), 0);
  await handle.close();
}

async function textOf(files: FileSystem, path: string): Promise<string> {
  const handle = await files.open(path, { access: 'read' });
  const bytes = new Uint8Array(await handle.sizeBytes());
  await handle.pread(bytes, 0);
  return new TextDecoder().decode(bytes);
}

describe("a run's folder", () => {
  it('is removed by its mark, with what the run made in it', async () => {
    const files = new MemoryFileSystem();
    const { mark, events } = await makeRunFolder({ ...OPTIONS, files, path: '/runs/a' });
    await put(files, events);
    expect(await readRunMark(files, '/runs/a')).toEqual(mark);
    expect(await removeRunFolder(files, mark)).toEqual([]);
    expect(await files.readdir('/runs')).toEqual([]);
  });

  it('keeps what no run made, and itself then', async () => {
    const files = new MemoryFileSystem();
    const { mark } = await makeRunFolder({ ...OPTIONS, files, path: '/runs/a' });
    await put(files, '/runs/a/notes.txt');
    expect(await removeRunFolder(files, mark)).toEqual(['notes.txt']);
    expect(await files.readdir('/runs/a')).toEqual(['notes.txt']);
  });

  it('stays, empty, when it was there before', async () => {
    const files = new MemoryFileSystem();
    await files.mkdir('/mine');
    const { mark } = await makeRunFolder({ ...OPTIONS, files, path: '/mine' });
    expect(await removeRunFolder(files, mark)).toEqual([]);
    expect(await files.readdir('/mine')).toEqual([]);
  });

  it('is refused where something is, and nothing is touched', async () => {
    const files = new MemoryFileSystem();
    await files.mkdir('/mine');
    await put(files, '/mine/thesis.txt');
    const making = makeRunFolder({ ...OPTIONS, files, path: '/mine' });
    await expect(making).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
    expect(await files.readdir('/mine')).toEqual(['thesis.txt']);
  });

  it('is gone again when it cannot be made whole', async () => {
    const files = new MemoryFileSystem();
    const making = makeRunFolder({ ...OPTIONS, files, path: '/runs/a', hosts: [`${'h'.repeat(300)}/x`, ''] });
    const failed = await making.then(
      () => false,
      () => true,
    );
    if (failed) expect(await files.readdir('/runs')).toEqual([]);
  });

  it('cannot be removed by another mark, nor by its own in a copy or after a move', async () => {
    const files = new MemoryFileSystem();
    const { mark } = await makeRunFolder({ ...OPTIONS, files, path: '/runs/a' });
    await removeRunFolder(files, { ...mark, token: '00fe' });
    expect(await readRunMark(files, '/runs/a')).toEqual(mark);

    await files.mkdir('/copy');
    await files.mkdir('/copy/kms');
    await put(files, '/copy/vcryptsim-run.json', await textOf(files, '/runs/a/vcryptsim-run.json'));
    expect(await readRunMark(files, '/copy')).toBeNull();
    await removeRunFolder(files, { ...mark, path: '/copy' });
    expect(await files.readdir('/copy')).toEqual(['kms', 'vcryptsim-run.json']);
  });

  it.each(['', '{', '[]', 'null', '{"format":"vcryptsim run 1","path":"/runs/a"}', '{"format":"other"}'])(
    'has no mark that reads %s',
    async (text) => {
      const files = new MemoryFileSystem();
      await files.mkdir('/runs');
      await files.mkdir('/runs/a');
      await put(files, '/runs/a/vcryptsim-run.json', text);
      expect(await readRunMark(files, '/runs/a')).toBeNull();
    },
  );
});
