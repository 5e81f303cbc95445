import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileHandle, type FileSystem, type OpenOptions, replaceFile } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { FaultyFileSystem, MemoryFileSystem, PowerCutFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { ForwardingFileSystem } from '../../../src/files/forwarding-file-system.js';
import { put, treeOf } from './tree-of.js';

/** Counts what is open and what was read. */
class CountingFiles extends ForwardingFileSystem {
  openHandles = 0;
  bytesRead = 0;

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const handle = await super.open(path, options);
    this.openHandles++;
    return {
      pread: (buffer, at) => {
        this.bytesRead += buffer.length;
        return handle.pread(buffer, at);
      },
      pwrite: (buffer, at) => handle.pwrite(buffer, at),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      fsync: () => handle.fsync(),
      sizeBytes: () => handle.sizeBytes(),
      close: async () => {
        this.openHandles--;
        await handle.close();
      },
    };
  }
}

type Case = (files: PowerCutFileSystem, at: (path: string) => string) => Promise<void>;

/** Runs a case over files in memory and over a real folder, and looks at what a cut left of it. */
async function afterCut(work: Case, survivors?: Parameters<PowerCutFileSystem['powerOn']>[0]) {
  const run = async (base: FileSystem, folder: string) => {
    const files = new PowerCutFileSystem(base);
    await work(files, (path) => `${folder}/${path}`);
    await files.powerOn(survivors);
    return Object.fromEntries(
      Object.entries(await treeOf(base, folder)).map(([path, content]) => [path.slice(folder.length + 1), content]),
    );
  };
  const memory = new MemoryFileSystem();
  await memory.mkdir('/here');
  const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-cut-'));
  try {
    const inMemory = await run(memory, '/here');
    expect(await run(new OsFileSystem(), folder)).toEqual(inMemory);
    return inMemory;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const folderOf = (at: (path: string) => string) => at('').slice(0, -1);

describe('a power cut', () => {
  it('leaves what was made durable, name and content, and nothing else', async () => {
    const left = await afterCut(async (files, at) => {
      await put(files, at('kept'), 'A', { sync: true });
      await files.fsyncFolder(folderOf(at));
      await put(files, at('nameless'), 'B', { sync: true });
      await put(files, at('kept'), 'later', { at: 1 });
    });
    expect(left).toEqual({ kept: 'A' });
  });

  it('leaves a name without content where only the folder was synced', async () => {
    const left = await afterCut(async (files, at) => {
      await put(files, at('empty'), 'A');
      await files.fsyncFolder(folderOf(at));
    });
    expect(left).toEqual({ empty: '' });
  });

  it('takes a rename and an unlink back, with the content that was there', async () => {
    const left = await afterCut(async (files, at) => {
      for (const name of ['a', 'b', 'c']) await put(files, at(name), name, { sync: true });
      await files.fsyncFolder(folderOf(at));
      await files.rename(at('a'), at('b'));
      await files.unlink(at('c'));
      await put(files, at('b'), 'unsynced');
    });
    expect(left).toEqual({ a: 'a', b: 'b', c: 'c' });
  });

  it('keeps a rename whose folder was synced, and then not the content it should have synced first', async () => {
    const left = await afterCut(async (files, at) => {
      await put(files, at('b'), 'old', { sync: true });
      await put(files, at('a'), 'new');
      await files.rename(at('a'), at('b'));
      await files.fsyncFolder(folderOf(at));
    });
    expect(left).toEqual({ b: '' });
  });

  it('knows a file by what it is: a write through an old handle is synced with it, under its new name', async () => {
    const left = await afterCut(async (files, at) => {
      const handle = await files.open(at('a'), { access: 'write', create: 'exclusive' });
      await handle.pwrite(Buffer.from('one'), 0);
      await files.rename(at('a'), at('b'));
      await put(files, at('a'), 'another', { sync: true });
      await handle.pwrite(Buffer.from('two'), 3);
      await handle.fsync();
      await handle.pwrite(Buffer.from('lost'), 0);
      await files.fsyncFolder(folderOf(at));
    });
    expect(left).toEqual({ a: 'another', b: 'onetwo' });
  });

  it('counts links: a file lives by its other name', async () => {
    const left = await afterCut(async (files, at) => {
      await put(files, at('a'), 'A', { sync: true });
      await files.fsyncFolder(folderOf(at));
      await files.link(at('a'), at('b'));
      await files.fsyncFolder(folderOf(at));
      await files.unlink(at('a'));
      await put(files, at('b'), 'B', { sync: true });
    });
    expect(left).toEqual({ a: 'B', b: 'B' });
  });

  it('brings a length back, longer and shorter', async () => {
    const left = await afterCut(async (files, at) => {
      await put(files, at('cut'), 'x'.repeat(2000), { sync: true });
      await put(files, at('grown'), 'y'.repeat(700), { sync: true });
      await files.fsyncFolder(folderOf(at));
      const cut = await files.open(at('cut'), { access: 'write' });
      await cut.truncate(100);
      await cut.truncate(3000);
      await cut.pwrite(Buffer.from('z'.repeat(600)), 1000);
      await put(files, at('grown'), 'z'.repeat(900), { at: 600 });
    });
    expect(left).toEqual({ cut: 'x'.repeat(2000), grown: 'y'.repeat(700) });
  });

  it('loses a folder with all in it when its own name was not durable, and brings a removed one back', async () => {
    const left = await afterCut(async (files, at) => {
      await files.mkdir(at('old'));
      await files.fsyncFolder(folderOf(at));
      await files.mkdir(at('new'));
      await put(files, at('new/file'), 'A', { sync: true });
      await files.fsyncFolder(at('new'));
      await files.rmdir(at('old'));
    });
    expect(left).toEqual({ old: null });
  });

  it('moves a folder back, and what is durable in it stays in it', async () => {
    const left = await afterCut(async (files, at) => {
      await files.mkdir(at('a'));
      await files.mkdir(at('b'));
      await files.fsyncFolder(folderOf(at));
      await files.rename(at('a'), at('b'));
      await put(files, at('b/file'), 'A', { sync: true });
      await files.fsyncFolder(at('b'));
      await put(files, at('b/other'), 'B', { sync: true });
    });
    expect(left).toEqual({ a: null, 'a/file': 'A', b: null });
  });

  it('shows a file that moved to another folder under both names, never under none', async () => {
    const both = async (synced: string) =>
      afterCut(async (files, at) => {
        await files.mkdir(at('from'));
        await files.mkdir(at('to'));
        await put(files, at('from/a'), 'A', { sync: true });
        await files.fsyncFolder(folderOf(at));
        await files.fsyncFolder(at('from'));
        await files.rename(at('from/a'), at('to/a'));
        await files.fsyncFolder(at(synced));
      });
    expect(await both('to')).toEqual({ from: null, 'from/a': 'A', to: null, 'to/a': 'A' });
    expect(await both('from')).toEqual({ from: null, 'from/a': 'A', to: null });
  });

  it('leaves all that was called when everything survives, and by a seed always the same part', async () => {
    const work: Case = async (files, at) => {
      await put(files, at('a'), 'a'.repeat(4096), { sync: true });
      await files.fsyncFolder(folderOf(at));
      await put(files, at('a'), 'b'.repeat(8192));
      for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) await put(files, at(name), name);
    };
    const all = await afterCut(work, 'all');
    expect(Object.keys(all)).toEqual(['a', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(all.a).toBe('b'.repeat(8192));
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const some = await afterCut(work, { seed });
      expect(await afterCut(work, { seed })).toEqual(some);
      expect(some.a).toMatch(/^[ab]*[ab\0]*$/);
      seen.add(JSON.stringify(some));
    }
    expect(seen.size).toBe(20);
  });
});

describe('PowerCutFileSystem', () => {
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

  it('cuts in the operation that it is told, and every call fails until the power is back', async () => {
    const memory = new MemoryFileSystem();
    const files = new PowerCutFileSystem(memory);
    await put(files, '/a', 'A', { sync: true });
    await files.fsyncFolder('/');
    const handle = await files.open('/a', { access: 'write' });
    files.cutAt(2);
    await handle.pwrite(Buffer.from('B'), 0);
    expect([await code(handle.fsync()), files.isCut]).toEqual(['IO', true]);
    for (const call of [
      files.readdir('/'),
      files.lstat('/a'),
      files.open('/a', { access: 'read' }),
      handle.pread(new Uint8Array(1), 0),
      handle.sizeBytes(),
      files.statfs('/'),
    ])
      expect(await code(call)).toBe('IO');
    await files.powerOn();
    expect(await treeOf(files)).toEqual({ '/a': 'A' });
    expect([await code(handle.pwrite(Buffer.from('C'), 0)), await code(handle.pread(new Uint8Array(1), 0))]).toEqual([
      'IO',
      'IO',
    ]);
    await handle.close();
    await handle.close();
    await put(files, '/a', 'D', { sync: true });
    await files.powerOn();
    expect(await treeOf(files)).toEqual({ '/a': 'D' });
  });

  it('does not cut where the order was taken back, and counts no reads', async () => {
    const files = new PowerCutFileSystem(new MemoryFileSystem());
    files.cutAt(3);
    await put(files, '/a', 'A');
    for (let read = 0; read < 5; read++) await treeOf(files);
    expect(files.operations).toBe(2);
    files.keepOn();
    await put(files, '/a', 'B');
    await files.cut();
    expect(files.isCut).toBe(true);
  });

  it('leaves the handles of the medium closed, those of files without a name too', async () => {
    const counting = new CountingFiles(new MemoryFileSystem());
    const files = new PowerCutFileSystem(counting);
    await replaceFile(files, '/a', Buffer.from('one'));
    await replaceFile(files, '/a', Buffer.from('two'));
    expect(counting.openHandles).toBe(0);
    await files.unlink('/a');
    await files.open('/b', { access: 'write', create: 'exclusive' });
    expect(counting.openHandles).toBe(2);
    await files.powerOn();
    expect(counting.openHandles).toBe(0);
    for (let count = 0; count < 200; count++) {
      await put(files, '/c', 'C');
      await files.unlink('/c');
    }
    expect(counting.openHandles).toBe(64);
    await files.fsyncFolder('/');
    expect(counting.openHandles).toBe(0);
    await put(files, '/c', 'C');
    await files.unlink('/c');
    await files.dispose();
    expect(counting.openHandles).toBe(0);
  });

  it('trusts no fsync after one that failed, but a write that was made again', async () => {
    const faulty = new FaultyFileSystem(new MemoryFileSystem());
    const files = new PowerCutFileSystem(faulty);
    await put(files, '/a', 'a'.repeat(1024), { sync: true });
    await files.fsyncFolder('/');
    const handle = await files.open('/a', { access: 'write' });
    await handle.pwrite(Buffer.from('b'.repeat(1024)), 0);
    const mend = faulty.set({ kind: 'io-error', atCall: 1 });
    expect(await code(handle.fsync())).toBe('IO');
    mend();
    await handle.pwrite(Buffer.from('c'.repeat(512)), 512);
    await handle.fsync();
    await files.powerOn();
    expect(await treeOf(files)).toEqual({ '/a': 'a'.repeat(512) + 'c'.repeat(512) });
  });

  it('loses by a lying disk what it said to be durable', async () => {
    const medium = new PowerCutFileSystem(new MemoryFileSystem());
    const files = new FaultyFileSystem(medium);
    await replaceFile(files, '/a', Buffer.from('old'));
    const mend = files.set({ kind: 'lying' });
    await replaceFile(files, '/a', Buffer.from('new'));
    mend();
    expect(await treeOf(files)).toEqual({ '/a': 'new' });
    await medium.powerOn();
    expect(await treeOf(files)).toEqual({ '/a': 'old' });
  });

  it('undoes what a failed write left', async () => {
    const faulty = new FaultyFileSystem(new MemoryFileSystem());
    const files = new PowerCutFileSystem(faulty);
    await put(files, '/a', 'a'.repeat(1024), { sync: true });
    await files.fsyncFolder('/');
    const mend = faulty.set({ kind: 'no-space', afterBytes: 700 });
    expect(await code(put(files, '/a', 'b'.repeat(1024)))).toBe('NO_SPACE');
    mend();
    expect(await treeOf(files)).toEqual({ '/a': 'b'.repeat(700) + 'a'.repeat(324) });
    await files.powerOn();
    expect(await treeOf(files)).toEqual({ '/a': 'a'.repeat(1024) });
  });

  it('reads each sector once before it changes, and none that is new', async () => {
    const bytesRead = async (writes: number) => {
      const memory = new MemoryFileSystem();
      await put(memory, '/a', new Uint8Array(256 * 512).fill(1));
      const counting = new CountingFiles(memory);
      const files = new PowerCutFileSystem(counting);
      const handle = await files.open('/a', { access: 'write' });
      for (let write = 0; write < writes; write++) await handle.pwrite(new Uint8Array(512).fill(2), write * 512);
      for (let write = 0; write < writes; write++) await handle.pwrite(new Uint8Array(512).fill(3), write * 512);
      return counting.bytesRead;
    };
    expect(await bytesRead(64)).toBe(64 * 512);
    expect(await bytesRead(128)).toBe(128 * 512);
    expect(await bytesRead(1024)).toBe(256 * 512);
  });
});
