import { type FileOperation, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const ranges = (files: RecordingFileSystem) =>
  Object.fromEntries(
    [...files.take()].map(([path, list]) => [path, list.map((range) => [range.startBytes, range.endBytes])]),
  );

describe('RecordingFileSystem', () => {
  it('counts how often a file was written or cut, wherever it was renamed to', async () => {
    const files = new RecordingFileSystem(new MemoryFileSystem());
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await handle.pwrite(new Uint8Array(4), 0);
    await handle.truncate(2);
    await handle.fsync();
    expect([files.changesOf('/a'), files.changesOf('/b')]).toEqual([2, 0]);
    await files.rename('/a', '/b');
    expect([files.changesOf('/a'), files.changesOf('/b')]).toEqual([0, 2]);
    await files.unlink('/b');
    expect(files.changesOf('/b')).toBe(0);
  });

  it('takes what was written since the last time, joined and in order', async () => {
    const files = new RecordingFileSystem(new MemoryFileSystem());
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    for (const [start, length] of [
      [100, 10],
      [0, 5],
      [110, 5],
      [5, 1],
      [50, 10],
      [40, 15],
    ] as const) {
      await handle.pwrite(new Uint8Array(length), start);
    }
    expect(ranges(files)).toEqual({
      '/a': [
        [0, 6],
        [40, 60],
        [100, 115],
      ],
    });
    expect(ranges(files)).toEqual({});
    await handle.pwrite(new Uint8Array(100), 2);
    await handle.truncate(20);
    expect(ranges(files)).toEqual({ '/a': [[2, 20]] });
  });

  it('follows a file through its names', async () => {
    const files = new RecordingFileSystem(new MemoryFileSystem());
    await files.mkdir('/f');
    const handle = await files.open('/f/new', { access: 'write', create: 'exclusive' });
    const other = await files.open('/f/gone', { access: 'write', create: 'exclusive' });
    await handle.pwrite(new Uint8Array(3), 0);
    await other.pwrite(new Uint8Array(4), 0);
    await files.rename('/f/new', '/f/gone');
    await files.rename('/f', '/g');
    await other.pwrite(new Uint8Array(9), 0);
    await handle.pwrite(new Uint8Array(3), 10);
    expect(ranges(files)).toEqual({
      '/g/gone': [
        [0, 3],
        [10, 13],
      ],
    });
    await files.link('/g/gone', '/again');
    expect(ranges(files)).toEqual({ '/again': [[0, 13]] });
    await files.unlink('/again');
    expect(ranges(files)).toEqual({});
  });

  it('tells each change after it was made, with a copy of the bytes', async () => {
    const operations: FileOperation[] = [];
    const files = new RecordingFileSystem(new MemoryFileSystem(), { onOperation: (one) => operations.push(one) });
    const bytes = Uint8Array.of(1, 2, 3);
    const handle = await files.open('/a', { access: 'write', create: 'if-missing' });
    await handle.pwrite(bytes, 7);
    bytes.fill(0);
    await handle.fsync();
    await handle.truncate(8);
    await files.open('/a', { access: 'write', create: 'if-missing' });
    await files.rename('/a', '/b');
    await files.fsyncFolder('/');
    await expect(files.unlink('/a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(operations).toEqual([
      { kind: 'create', path: '/a' },
      { kind: 'write', path: '/a', offsetBytes: 7, bytes: Uint8Array.of(1, 2, 3) },
      { kind: 'fsync', path: '/a' },
      { kind: 'truncate', path: '/a', sizeBytes: 8 },
      { kind: 'rename', from: '/a', to: '/b' },
      { kind: 'fsync-folder', path: '/' },
    ]);
  });
});
