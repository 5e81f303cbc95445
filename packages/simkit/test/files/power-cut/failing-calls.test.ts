import { FileError, replaceFile } from '@vcryptsim/ports';
import { failingCalls, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { put, treeOf } from './tree-of.js';

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof FileError ? error.code : Promise.reject(error)),
  );

describe('failing calls', () => {
  it('fail each call once, go on or die, and end when the call is not reached', async () => {
    const start = new MemoryFileSystem();
    await put(start, '/a', 'old');
    const seen: string[] = [];
    for (const attempt of failingCalls(start)) {
      expect(await treeOf(attempt.files)).toEqual({ '/a': 'old' });
      attempt.arm();
      const told = await outcome(replaceFile(attempt.files, '/a', Buffer.from('new!')));
      attempt.disarm();
      const next = await outcome(attempt.files.readdir('/'));
      expect(next, attempt.name).toBe(attempt.wasReached && attempt.aftermath === 'dies' ? 'IO' : 'done');
      await attempt.log.files.powerOn('all');
      const tree = await treeOf(attempt.files);
      expect(['old', 'new!']).toContain(tree['/a']);
      if (told === 'done') expect(tree['/a']).toBe('new!');
      seen.push(`${attempt.name}: ${told}`);
    }
    expect(await treeOf(start)).toEqual({ '/a': 'old' });
    for (const failure of ['io-error', 'no-space', 'short-write'])
      for (const aftermath of ['goes-on', 'dies']) {
        const of = seen.filter((line) => line.includes(`${failure}, process ${aftermath}`));
        expect(of.length, `${failure} ${aftermath}`).toBeGreaterThan(1);
        expect(of.at(-1)).toMatch(/: done$/);
        expect(of.slice(0, -1).some((line) => !line.endsWith('done'))).toBe(true);
      }
    expect(seen).toContain('call 1 short-write, process goes-on: NO_SPACE');
  });

  it('leave the first half of a short write, and log what was left', async () => {
    const [attempt] = failingCalls(new MemoryFileSystem(), { failures: ['short-write'], aftermaths: ['goes-on'] });
    attempt!.arm();
    expect(await outcome(put(attempt!.files, '/a', 'abcdef'))).toBe('NO_SPACE');
    expect(await treeOf(attempt!.files)).toEqual({ '/a': 'abc' });
    expect(attempt!.log.operations.at(-1)).toMatchObject({
      failed: 'NO_SPACE',
      operation: { kind: 'write', bytes: new Uint8Array(Buffer.from('abc')) },
    });
  });

  it('fail each n-th call only, where that is asked for', async () => {
    const start = new MemoryFileSystem();
    const calls: number[] = [];
    for (const attempt of failingCalls(start, {
      failures: ['io-error'],
      aftermaths: ['goes-on'],
      first: 2,
      every: 3,
    })) {
      attempt.arm();
      await outcome(replaceFile(attempt.files, '/a', Buffer.from('new!')));
      if (attempt.wasReached) calls.push(attempt.call);
    }
    expect(calls.length).toBeGreaterThan(1);
    expect(calls).toEqual(calls.map((_, index) => 2 + 3 * index));
  });
});
