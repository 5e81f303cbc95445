import { readWhole, replaceFile } from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem, VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const bytes = (length: number) => new Uint8Array(length).fill(1);

describe('FaultyFileSystem', () => {
  it('is full after so many bytes, and leaves the part that fitted', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    const mend = files.set({ kind: 'no-space', afterBytes: 10 });
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await handle.pwrite(bytes(6), 0);
    expect((await files.statfs('/')).freeBytes).toBe(4);
    await expect(handle.pwrite(bytes(6), 6)).rejects.toMatchObject({ code: 'NO_SPACE', path: '/a' });
    expect(await handle.sizeBytes()).toBe(10);
    await expect(handle.pwrite(bytes(1), 0)).rejects.toMatchObject({ code: 'NO_SPACE' });
    mend();
    await handle.pwrite(bytes(6), 6);
  });

  it('has little room to grow, and none is taken by writing over what is there', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await replaceFile(files, '/old', bytes(8));
    files.set({ kind: 'little-room', roomBytes: 10 });
    const old = await files.open('/old', { access: 'write' });
    for (let times = 0; times < 5; times++) await old.pwrite(bytes(8), 0);
    expect((await files.statfs('/')).freeBytes).toBe(10);
    await old.pwrite(bytes(4), 6);
    expect((await files.statfs('/')).freeBytes).toBe(8);
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    await expect(handle.pwrite(bytes(12), 0)).rejects.toMatchObject({ code: 'NO_SPACE', path: '/a' });
    expect(await handle.sizeBytes()).toBe(8);
    await files.unlink('/a');
    expect((await files.statfs('/')).freeBytes).toBe(8);
    await old.truncate(4);
    expect((await files.statfs('/')).freeBytes).toBe(14);
  });

  it('leaves a replaced file whole when there is no room for the new one', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await replaceFile(files, '/a', bytes(5));
    files.set({ kind: 'no-space', afterBytes: 3 });
    await expect(replaceFile(files, '/a', bytes(6))).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await readWhole(files, '/a', 100)).toEqual(bytes(5));
    expect(await files.readdir('/')).toEqual(['a']);
  });

  it('is read-only under a folder, and only there', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await files.mkdir('/f');
    await files.mkdir('/ff');
    await replaceFile(files, '/f/a', bytes(1));
    files.set({ kind: 'read-only', under: '/f' });
    for (const change of [
      () => files.open('/f/a', { access: 'write' }),
      () => files.mkdir('/f/b'),
      () => files.unlink('/f/a'),
      () => files.rename('/ff', '/f/b'),
      () => files.link('/f/a', '/f/b'),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: 'READ_ONLY' });
    }
    await replaceFile(files, '/ff/a', bytes(1));
    expect(await readWhole(files, '/f/a', 10)).toEqual(bytes(1));
  });

  it('keeps everybody out of what is not permitted', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem(), [{ kind: 'not-permitted', under: '/' }]);
    await expect(files.readdir('/')).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    await expect(files.open('/a', { access: 'read' })).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });

  it('fails the call it is told to, once', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    files.set({ kind: 'io-error', atCall: 2 });
    await handle.pwrite(bytes(1), 0);
    await expect(handle.fsync()).rejects.toMatchObject({ code: 'IO', operation: 'fsync' });
    await handle.fsync();
  });

  it('fails the n-th call that can fail so, once, and says when', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await replaceFile(files, '/a', bytes(4));
    let failures = 0;
    const fail = (atCall: number, leavesPart = false) =>
      files.set({ kind: 'call-fails', atCall, code: 'NO_SPACE', leavesPart, onFailure: () => failures++ });
    fail(2);
    const handle = await files.open('/a', { access: 'write' });
    await handle.pread(bytes(1), 0);
    await handle.pwrite(bytes(1), 0);
    expect(failures).toBe(0);
    await expect(handle.fsync()).rejects.toMatchObject({ code: 'NO_SPACE', operation: 'fsync' });
    await handle.fsync();
    expect(failures).toBe(1);
    fail(1, true);
    await handle.truncate(0);
    await handle.pwrite(bytes(1), 0);
    await expect(handle.pwrite(bytes(7), 0)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect([await handle.sizeBytes(), failures]).toEqual([3, 2]);
  });

  it('is late by the clock, in the order of the calls', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await clock.run(async () => {
      const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
      const mend = files.set({ kind: 'late', delayMs: 500, clock });
      const done: string[] = [];
      const noted = (what: string, work: Promise<unknown>) => work.then(() => done.push(`${what} ${clock.nowMs}`));
      await Promise.all([
        noted('write', handle.pwrite(bytes(1), 0)),
        noted('sync', handle.fsync()),
        noted('stat', files.lstat('/a')),
      ]);
      mend();
      await noted('read', handle.pread(bytes(1), 0));
      expect(done).toEqual(['write 500', 'sync 500', 'stat 500', 'read 500']);
    });
  });

  it('lies about an fsync: it answers, and what is inside hears nothing of it', async () => {
    const inner = new FaultyFileSystem(new MemoryFileSystem());
    const files = new FaultyFileSystem(inner);
    const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
    inner.set({ kind: 'io-error', atCall: 1 });
    const mend = files.set({ kind: 'lying' });
    await handle.fsync();
    await files.fsyncFolder('/');
    mend();
    await expect(handle.fsync()).rejects.toMatchObject({ code: 'IO' });
  });
});
