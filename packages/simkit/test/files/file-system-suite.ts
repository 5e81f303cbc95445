import { exists, FileError, type FileErrorCode, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A file system to try, the folder in it that is ours, and what to do afterwards. */
export interface Place {
  readonly files: FileSystem;
  readonly folder: string;
  dispose(): void;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** What every {@link FileSystem} promises. Run it for each implementation and for each decorator without a fault. */
export function describeFileSystem(name: string, make: () => Place): void {
  describe(`${name} as a file system`, () => {
    let place: Place;
    let files: FileSystem;
    let at: (path: string) => string;
    beforeEach(() => {
      place = make();
      files = place.files;
      at = (path) => `${place.folder}/${path}`;
    });
    afterEach(() => place.dispose());

    const refused = async (work: Promise<unknown>, code: FileErrorCode) => {
      const error = await work.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(FileError);
      expect((error as FileError).code).toBe(code);
    };
    const write = async (path: string, content: string) => {
      const handle = await files.open(at(path), { access: 'write', create: 'if-missing' });
      await handle.truncate(0);
      await handle.pwrite(bytes(content), 0);
      await handle.close();
    };
    const read = async (path: string) => text(await readWhole(files, at(path), 1 << 20));

    it('reads back what was written, anywhere, on the buffers it is given', async () => {
      const handle = await files.open(at('a'), { access: 'write', create: 'exclusive' });
      await handle.pwrite(bytes('hello'), 0);
      await handle.pwrite(bytes('world').subarray(1, 3), 4094);
      await handle.pwrite(bytes('ab'), 4095);
      const buffer = bytes('........');
      expect(await handle.pread(buffer.subarray(1, 6), 0)).toBe(5);
      expect(text(buffer)).toBe('.hello..');
      expect(await handle.pread(buffer, 4094)).toBe(3);
      expect(text(buffer.subarray(0, 3))).toBe('oab');
      expect(await handle.sizeBytes()).toBe(4097);
      expect(await handle.pread(buffer, 4097)).toBe(0);
      expect(await handle.pread(buffer, 1e9)).toBe(0);
      await handle.fsync();
      await handle.close();
    });

    it('fills holes with zeros, and gives them no room', async () => {
      const handle = await files.open(at('a'), { access: 'write', create: 'exclusive' });
      await handle.pwrite(bytes('x'), 1 << 24);
      const buffer = new Uint8Array(3).fill(7);
      await handle.pread(buffer, 100);
      expect([...buffer]).toEqual([0, 0, 0]);
      const status = await files.lstat(at('a'));
      expect(status).toMatchObject({ kind: 'file', sizeBytes: (1 << 24) + 1 });
      expect(status.allocatedBytes).toBeLessThan(1 << 20);
      await handle.close();
    });

    it('counts a file by a number that all its names share, and no other file has', async () => {
      for (const name of ['a', 'b']) await write(name, name);
      await files.link(at('a'), at('a2'));
      const idOf = async (name: string): Promise<bigint | undefined> => (await files.lstat(at(name))).fileId;
      const ids = [await idOf('a'), await idOf('a2'), await idOf('b')];
      expect(ids[0]).toBeTypeOf('bigint');
      expect(ids[1]).toBe(ids[0]);
      expect(ids[2]).not.toBe(ids[0]);
      await files.rename(at('a'), at('c'));
      expect(await idOf('c')).toBe(ids[0]);
    });

    it('cuts and extends, and what was cut does not come back', async () => {
      const handle = await files.open(at('a'), { access: 'write', create: 'exclusive' });
      await handle.pwrite(bytes('abcdef'), 0);
      await handle.truncate(3);
      await handle.truncate(6);
      const buffer = new Uint8Array(8);
      expect(await handle.pread(buffer, 0)).toBe(6);
      expect(text(buffer.subarray(0, 6))).toBe('abc\0\0\0');
      await handle.close();
    });

    it('opens as told, and refuses what does not fit', async () => {
      await refused(files.open(at('a'), { access: 'read' }), 'NOT_FOUND');
      await refused(files.open(at('a'), { access: 'write' }), 'NOT_FOUND');
      await refused(files.open(at('no/a'), { access: 'write', create: 'exclusive' }), 'NOT_FOUND');
      await write('a', 'content');
      await refused(files.open(at('a'), { access: 'write', create: 'exclusive' }), 'EXISTS');
      await (await files.open(at('a'), { access: 'write', create: 'if-missing' })).close();
      expect(await read('a')).toBe('content');
      await refused(files.open(place.folder, { access: 'read' }), 'IS_FOLDER');
      await refused(files.open(place.folder, { access: 'write' }), 'IS_FOLDER');
      await refused(files.open(at('a/b'), { access: 'read' }), 'NOT_A_FOLDER');
    });

    it('keeps a file that is opened to read', async () => {
      await write('a', 'content');
      const handle = await files.open(at('a'), { access: 'read' });
      await refused(handle.pwrite(bytes('X'), 0), 'NOT_PERMITTED');
      await refused(handle.truncate(0), 'NOT_PERMITTED');
      await handle.close();
      expect(await read('a')).toBe('content');
    });

    it('ends a handle once', async () => {
      await write('a', 'content');
      const handle = await files.open(at('a'), { access: 'write' });
      await handle.close();
      await handle.close();
      await refused(handle.pread(new Uint8Array(1), 0), 'CLOSED');
      await refused(handle.pwrite(bytes('X'), 0), 'CLOSED');
      await refused(handle.truncate(0), 'CLOSED');
      await refused(handle.fsync(), 'CLOSED');
      await refused(handle.sizeBytes(), 'CLOSED');
    });

    it('lets an open file outlive its name', async () => {
      await write('a', 'old');
      const handle = await files.open(at('a'), { access: 'write' });
      await files.unlink(at('a'));
      expect(await exists(files, at('a'))).toBe(false);
      await write('a', 'new');
      const buffer = new Uint8Array(3);
      await handle.pread(buffer, 0);
      expect(text(buffer)).toBe('old');
      await handle.pwrite(bytes('OLD'), 0);
      await handle.close();
      expect(await read('a')).toBe('new');
    });

    it('renames over a file, and keeps both when it cannot', async () => {
      await write('a', 'A');
      await write('b', 'B');
      await files.rename(at('a'), at('b'));
      expect(await files.readdir(place.folder)).toEqual(['b']);
      expect(await read('b')).toBe('A');
      await files.rename(at('b'), at('b'));
      await files.mkdir(at('folder'));
      await refused(files.rename(at('b'), at('folder')), 'IS_FOLDER');
      await refused(files.rename(at('folder'), at('b')), 'NOT_A_FOLDER');
      await refused(files.rename(at('nothing'), at('c')), 'NOT_FOUND');
      await refused(files.rename(at('b'), at('no/c')), 'NOT_FOUND');
      expect(await read('b')).toBe('A');
    });

    it('renames a folder with all that is in it, onto an empty one only', async () => {
      await files.mkdir(at('one'));
      await files.mkdir(at('two'));
      await write('one/a', 'A');
      await files.rename(at('one'), at('two'));
      expect(await read('two/a')).toBe('A');
      await files.mkdir(at('one'));
      await refused(files.rename(at('one'), at('two')), 'NOT_EMPTY');
    });

    it('links a second name, never over another', async () => {
      await write('a', 'A');
      await files.link(at('a'), at('b'));
      await write('b', 'changed');
      expect(await read('a')).toBe('changed');
      await refused(files.link(at('a'), at('b')), 'EXISTS');
      await files.unlink(at('a'));
      expect(await read('b')).toBe('changed');
      await refused(files.link(at('a'), at('c')), 'NOT_FOUND');
    });

    it('makes, lists and removes folders', async () => {
      await files.mkdir(at('sub'));
      await refused(files.mkdir(at('sub')), 'EXISTS');
      await refused(files.mkdir(at('no/sub')), 'NOT_FOUND');
      for (const name of ['b', 'a', 'B', 'ä', '10', '9']) await write(`sub/${name}`, name);
      expect(await files.readdir(at('sub'))).toEqual(['10', '9', 'B', 'a', 'b', 'ä']);
      expect((await files.lstat(at('sub'))).kind).toBe('folder');
      await refused(files.rmdir(at('sub')), 'NOT_EMPTY');
      await refused(files.unlink(at('sub')), 'IS_FOLDER');
      await refused(files.readdir(at('sub/a')), 'NOT_A_FOLDER');
      await refused(files.rmdir(at('sub/a')), 'NOT_A_FOLDER');
      for (const name of await files.readdir(at('sub'))) await files.unlink(at(`sub/${name}`));
      await files.rmdir(at('sub'));
      await refused(files.readdir(at('sub')), 'NOT_FOUND');
      await refused(files.unlink(at('sub')), 'NOT_FOUND');
      await refused(files.lstat(at('sub')), 'NOT_FOUND');
    });

    it('makes folders durable, and knows the room there is', async () => {
      await write('a', 'A');
      await files.fsyncFolder(place.folder);
      await refused(files.fsyncFolder(at('nothing')), 'NOT_FOUND');
      await refused(files.fsyncFolder(at('a')), 'NOT_A_FOLDER');
      expect((await files.statfs(place.folder)).freeBytes).toBeGreaterThan(1 << 16);
    });

    it('carries the durable-file operations', async () => {
      await replaceFile(files, at('a'), bytes('one'));
      await replaceFile(files, at('a'), bytes('two'));
      expect(await read('a')).toBe('two');
      expect(await files.readdir(place.folder)).toEqual(['a']);
    });

    it('keeps the order of calls that nobody waits for', async () => {
      const handle = await files.open(at('a'), { access: 'write', create: 'exclusive' });
      const calls = Array.from({ length: 40 }, (_, i) => handle.pwrite(new Uint8Array(1000).fill(i), 0));
      const buffer = new Uint8Array(1000);
      const reading = handle.pread(buffer, 0);
      await Promise.all([...calls, reading]);
      expect(new Set(buffer)).toEqual(new Set([39]));
      await handle.close();
    });
  });
}
