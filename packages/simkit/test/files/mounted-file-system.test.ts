import { readWhole, replaceFile } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem, MountedFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('MountedFileSystem', () => {
  it('has each path on the innermost medium, and moves nothing between two', async () => {
    const base = new MemoryFileSystem();
    for (const path of ['/a', '/a/b', '/ab']) await base.mkdir(path);
    const broken = { outer: new FaultyFileSystem(base), inner: new FaultyFileSystem(base) };
    const files = new MountedFileSystem(
      base,
      new Map([
        ['/a', broken.outer],
        ['/a/b', broken.inner],
      ]),
    );
    for (const path of ['/a/1', '/a/b/1', '/ab/1']) await replaceFile(files, path, bytes(path));
    broken.outer.set({ kind: 'not-permitted', under: '/' });
    expect(await readWhole(files, '/a/b/1', 99)).toEqual(bytes('/a/b/1'));
    expect(await readWhole(files, '/ab/1', 99)).toEqual(bytes('/ab/1'));
    await expect(files.readdir('/a')).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect(await files.readdir('/a/b')).toEqual(['1']);
    for (const call of ['rename', 'link'] as const) {
      await expect(files[call]('/a/b/1', '/ab/2')).rejects.toMatchObject({ code: 'IO', systemCode: 'EXDEV' });
    }
    await files.rename('/a/b/1', '/a/b/2');
    expect(await base.readdir('/a/b')).toEqual(['2']);
  });
});
