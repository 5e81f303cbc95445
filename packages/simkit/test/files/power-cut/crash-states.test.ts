import { FileError } from '@vcryptsim/ports';
import {
  CrashLog,
  type CrashOptions,
  countCrashStates,
  crashStates,
  FaultyFileSystem,
  MemoryFileSystem,
} from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { put, treeOf } from './tree-of.js';

async function logOf(
  work: (log: CrashLog) => Promise<unknown>,
  prepare: (memory: MemoryFileSystem) => Promise<unknown> = async () => {},
): Promise<CrashLog> {
  const memory = new MemoryFileSystem();
  await prepare(memory);
  const log = new CrashLog(memory);
  await work(log);
  return log;
}

/** States by name, each file's bytes run by run: `A512 \0256`. */
async function statesOf(log: CrashLog, options: CrashOptions = {}): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {};
  for (const { name, files } of crashStates(log, options)) {
    expect(found[name], `${name} is told once`).toBeUndefined();
    const tree = Object.entries(await treeOf(files));
    found[name] = Object.fromEntries(
      tree.map(([path, content]) => [path, content === null ? 'folder' : runs(content)]),
    );
  }
  return found;
}

function runs(content: string): string {
  const parts = content.match(/(.)\1*/gs) ?? [];
  return parts.map((part) => `${part[0] === '\0' ? '0' : part[0]}${part.length}`).join(' ');
}

const sync = { sync: true };

describe('crash states', () => {
  it('of a write are before and after it, at every border of its sectors, inside them, and hollow', async () => {
    const log = await logOf(
      ({ files }) => put(files, '/a', 'B'.repeat(1000), { at: 600 }),
      (memory) => put(memory, '/a', 'A'.repeat(700)),
    );
    const states = await statesOf(log, { subsets: 0, cutsInSector: 0 });
    const op = 'op 1 write /a';
    expect(states).toEqual({
      [`before ${op}: all landed`]: { '/a': 'A700' },
      [`${op}: hollow`]: { '/a': `A700 0900` },
      [`${op}: torn at 424`]: { '/a': 'A600 B424' },
      [`${op}: torn at 424, hollow`]: { '/a': 'A600 B424 0576' },
      [`${op}: torn at 936`]: { '/a': 'A600 B936' },
      [`${op}: torn at 936, hollow`]: { '/a': 'A600 B936 064' },
      [`${op}: all landed`]: { '/a': 'A600 B1000' },
      [`${op}: unsynced lost`]: { '/a': 'A700' },
      [`${op}: /a hollow`]: { '/a': 'A700 0900' },
    });
    const inside = await statesOf(log, { families: ['torn in a sector'], cutsInSector: 1 });
    // Three sectors of the file are touched; in each one place, once cut and once hollow.
    expect(Object.keys(inside)).toHaveLength(6);
    for (const name of Object.keys(inside)) expect((Number(/at (\d+)/.exec(name)?.[1]) + 600) % 512).not.toBe(0);
  });

  it('of a write over what is there have nothing hollow, and are cut where the caller asks', async () => {
    const log = await logOf(
      ({ files }) => put(files, '/a', 'B'.repeat(100)),
      (memory) => put(memory, '/a', 'A'.repeat(600)),
    );
    const states = await statesOf(log, { subsets: 0, cutsInSector: 0, tornAt: (length) => [0, 1, length - 1, length] });
    expect(Object.entries(states).filter(([name]) => name.includes('torn'))).toEqual([
      ['op 1 write /a: torn at 1', { '/a': 'B1 A599' }],
      ['op 1 write /a: torn at 99', { '/a': 'B99 A501' }],
    ]);
    expect(Object.keys(states).filter((name) => name.includes('hollow'))).toEqual([]);
  });

  it('lose what came before and was not synced, though the last landed', async () => {
    const log = await logOf(
      async ({ files }) => {
        await put(files, '/data', 'B'.repeat(10));
        await put(files, '/record', 'B'.repeat(10));
      },
      async (memory) => {
        await put(memory, '/data', 'A'.repeat(10));
        await put(memory, '/record', 'A'.repeat(10));
      },
    );
    const states = await statesOf(log, { from: 2, subsets: 0, cutsInSector: 0 });
    expect(states['op 2 write /record: only this landed']).toEqual({ '/data': 'A10', '/record': 'B10' });
    expect(states['op 2 write /record: only content of /data landed']).toEqual({ '/data': 'B10', '/record': 'A10' });
    expect(states['op 2 write /record: unsynced lost']).toEqual({ '/data': 'A10', '/record': 'A10' });
    expect(Object.keys(states)).toHaveLength(2 + 4);
  });

  it('are none between synced operations but what each of them may leave', async () => {
    const log = await logOf(
      async ({ files }) => {
        await put(files, '/data', 'B'.repeat(10), sync);
        await put(files, '/record', 'B'.repeat(10), sync);
      },
      async (memory) => {
        await put(memory, '/data', 'A'.repeat(10));
        await put(memory, '/record', 'A'.repeat(10));
      },
    );
    const seen = new Set(Object.values(await statesOf(log)).map((state) => JSON.stringify(state)));
    expect(seen).not.toContain(JSON.stringify({ '/data': 'A10', '/record': 'B10' }));
    const whole = [...seen].filter((state) => !/A\d+ |B\d+ /.test(state));
    expect(whole).toHaveLength(3);
  });

  it('of a rename: lost, or landed and the content not, or the content and not the rename', async () => {
    const log = await logOf(
      async ({ files }) => {
        await put(files, '/a.new', 'B'.repeat(10));
        await files.rename('/a.new', '/a');
      },
      (memory) => put(memory, '/a', 'A'.repeat(10)),
    );
    const states = await statesOf(log, { from: 3, subsets: 0 });
    const op = 'op 3 rename /a.new to /a';
    expect(states).toMatchObject({
      [`${op}: all landed`]: { '/a': 'B10' },
      [`${op}: only this landed`]: { '/a': '' },
      [`${op}: op 3 lost`]: { '/a': 'A10', '/a.new': 'B10' },
      [`${op}: unsynced lost`]: { '/a': 'A10' },
      [`${op}: /a.new hollow`]: { '/a': '010' },
    });
    expect(states[`${op}: only content of /a.new landed`]).toEqual({ '/a': 'A10' });
    const right = await logOf(
      async ({ files }) => {
        await put(files, '/a.new', 'B'.repeat(10), sync);
        await files.rename('/a.new', '/a');
      },
      (memory) => put(memory, '/a', 'A'.repeat(10)),
    );
    const contents = Object.values(await statesOf(right, { from: 4 })).map((state) => state['/a']);
    expect(new Set(contents)).toEqual(new Set(['A10', 'B10']));
  });

  it('follow a file through its names, and keep links links', async () => {
    const log = await logOf(
      async ({ files }) => {
        const handle = await files.open('/f/a', { access: 'write' });
        await files.rename('/f', '/g');
        await files.link('/g/a', '/b');
        await handle.pwrite(Buffer.from('BBBB'), 0);
        await handle.fsync();
        await files.unlink('/g/a');
        await handle.pwrite(Buffer.from('CC'), 0);
      },
      async (memory) => {
        await memory.mkdir('/f');
        await put(memory, '/f/a', 'AAAA');
      },
    );
    const states = await statesOf(log, { from: 6 });
    const op = 'op 6 write /b';
    expect(states[`${op}: unsynced lost`]).toEqual({ '/f': 'folder', '/f/a': 'B4' });
    expect(states[`${op}: all landed`]).toEqual({ '/b': 'C2 B2', '/g': 'folder' });
    expect(states[`${op}: content of /b lost`]).toEqual({ '/b': 'B4', '/g': 'folder' });
    for (const state of crashStates(log, { from: 6 })) {
      const paths = Object.keys(await treeOf(state.files)).filter((path) => path !== '/f' && path !== '/g');
      expect(paths.length, state.name).toBeGreaterThan(0);
      const [one, other] = paths;
      if (!one || !other) continue;
      await put(state.files, one, 'D');
      const tree = await treeOf(state.files);
      expect(tree[other], state.name).toBe(tree[one]);
    }
  });

  it('cut a move to another folder between its two names', async () => {
    const log = await logOf(
      ({ files }) => files.rename('/f/a', '/g/a'),
      async (memory) => {
        await memory.mkdir('/f');
        await memory.mkdir('/g');
        await put(memory, '/f/a', 'A');
      },
    );
    const states = Object.values(await statesOf(log)).map((state) => Object.keys(state).join(' '));
    expect(new Set(states)).toEqual(new Set(['/f /f/a /g', '/f /f/a /g /g/a', '/f /g /g/a']));
  });

  it('tell failed and short operations, and trust no fsync after one that failed', async () => {
    const memory = new MemoryFileSystem();
    await put(memory, '/a', 'A'.repeat(1024));
    const faulty = new FaultyFileSystem(memory);
    const log = new CrashLog(memory, () => faulty);
    const handle = await log.files.open('/a', { access: 'write' });
    let mend = faulty.set({ kind: 'no-space', afterBytes: 100 });
    await expect(handle.pwrite(new Uint8Array(600).fill(66), 0)).rejects.toBeInstanceOf(FileError);
    mend();
    await handle.pwrite(new Uint8Array(512).fill(66), 0);
    mend = faulty.set({ kind: 'io-error', atCall: 1 });
    await expect(handle.fsync()).rejects.toBeInstanceOf(FileError);
    mend();
    await handle.pwrite(new Uint8Array(10).fill(67), 0);
    await handle.fsync();
    expect(log.operations.map(({ operation, failed }) => [operation.kind, failed])).toEqual([
      ['write', 'NO_SPACE'],
      ['write', null],
      ['fsync', 'IO'],
      ['write', null],
      ['fsync', null],
    ]);
    const states = await statesOf(log, { from: 6, subsets: 0 });
    expect(states['at the end: all landed']).toEqual({ '/a': 'C10 B502 A512' });
    expect(states['at the end: unsynced lost']).toEqual({ '/a': 'C10 A1014' });
  });

  it('are drawn by the seed, the same for the same one, and reach each sector alone', async () => {
    const log = await logOf(
      ({ files }) => put(files, '/a', 'B'.repeat(3 * 512)),
      (memory) => put(memory, '/a', 'A'.repeat(3 * 512)),
    );
    const subset = (seed: number) => statesOf(log, { seed, subsets: 64, families: ['subset'] });
    expect(await subset(1)).toEqual(await subset(1));
    expect(Object.keys(await subset(1))).not.toEqual([]);
    const contents = new Set(Object.values(await subset(1)).map((state) => state['/a']));
    expect(contents).toContain('A512 B512 A512');
    // Without those that are told already: all, and none.
    expect(contents.size).toBe(6);
    expect(await subset(2)).not.toEqual(await subset(1));
  });

  it('are counted without being built, sampled evenly, and found again by name', async () => {
    const log = await logOf(async ({ files }) => {
      for (const name of ['a', 'b', 'c', 'd']) await put(files, `/${name}`, name.repeat(2000), { sync: name !== 'b' });
    });
    const names = [...crashStates(log)].map(({ name }) => name);
    expect(countCrashStates(log)).toBe(names.length);
    expect(names.length).toBeGreaterThan(150);
    for (const seed of [1, 2, 3]) {
      const sample = [...crashStates(log, { sample: 40, seed })];
      const all = [...crashStates(log, { seed })].map(({ name }) => name);
      expect(sample).toHaveLength(40);
      const places = sample.map(({ name }) => all.indexOf(name));
      const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
      expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([Math.floor(all.length / 40), Math.ceil(all.length / 40)]);
    }
    for (const name of [names[3], names[77], names.at(-1)]) {
      const [first, ...more] = [...crashStates(log, { only: name! })];
      expect([first?.name, more]).toEqual([name, []]);
    }
    expect([...crashStates(log, { only: 'no such state' })]).toEqual([]);
  });

  it('keep to the operations that are asked for, and say how many had been answered', async () => {
    const log = await logOf(async ({ files }) => {
      for (const name of ['a', 'b', 'c']) await put(files, `/${name}`, name, sync);
    });
    const mark = 6;
    const states = [...crashStates(log, { from: mark + 1 })];
    expect(states.every(({ afterOperation }) => afterOperation >= mark)).toBe(true);
    expect(new Set(states.map(({ afterOperation }) => afterOperation))).toEqual(new Set([6, 7, 8, 9]));
    const early = [...crashStates(log, { to: 2 })];
    expect(new Set(early.map(({ afterOperation }) => afterOperation))).toEqual(new Set([0, 1, 2]));
    for (const state of states) {
      const left = await treeOf(state.files);
      // Their content was synced and their names never were.
      for (const [path, content] of Object.entries(left)) if (path !== '/c') expect(content).toBe(path.slice(1));
    }
  });

  it('are file systems of their own, on which the crash in the recovery is tried the same way', async () => {
    const log = await logOf(({ files }) => put(files, '/journal', 'J'.repeat(600), sync));
    let nested = 0;
    for (const outer of crashStates(log, { subsets: 2 })) {
      const recovery = new CrashLog(outer.files);
      const before = await treeOf(outer.files);
      await put(recovery.files, '/recovered', 'R', sync);
      for (const inner of crashStates(recovery, { subsets: 2 })) {
        const { '/recovered': _, ...rest } = await treeOf(inner.files);
        expect(rest).toEqual(before);
        nested += 1;
      }
    }
    expect(nested).toBeGreaterThan(40);
  });

  it('have the room that the medium had', async () => {
    const memory = new MemoryFileSystem({ capacityBytes: 4 * 4096 });
    const log = new CrashLog(memory);
    await put(log.files, '/a', 'A'.repeat(2 * 4096), sync);
    for (const state of crashStates(log, { families: ['clean'] })) {
      const used = 'A'.repeat(2 * 4096) === (await treeOf(state.files))['/a'] ? 2 : 0;
      expect((await state.files.statfs('/')).freeBytes, state.name).toBe((4 - used) * 4096);
    }
  });

  it('begin anew when the power came back', async () => {
    const log = await logOf(async ({ files }) => {
      await put(files, '/a', 'A', sync);
      await files.powerOn('all');
      await put(files, '/a', 'B', { at: 1 });
    });
    expect(log.operations.map(({ operation }) => operation.kind)).toEqual(['write']);
    expect(await treeOf(log.start)).toEqual({ '/a': 'A' });
    expect(Object.values(await statesOf(log)).map((state) => state['/a'])).toContain('A1 B1');
  });
});

describe('the cost of crash states', () => {
  it('is one image of the medium: n states of a large disk share its pages', async () => {
    const memory = new MemoryFileSystem();
    await put(memory, '/disk', new Uint8Array(32 * 1024 * 1024).fill(1));
    const log = new CrashLog(memory);
    for (let write = 0; write < 50; write++)
      await put(log.files, '/disk', 'B'.repeat(512), { at: write * 8192, sync: true });
    const kept: MemoryFileSystem[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (const state of crashStates(log, { families: ['clean', 'unsynced lost', 'torn in a sector'] }))
      kept.push(state.files);
    expect(kept.length).toBeGreaterThan(200);
    // Each state changes a page or two of 8,192.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(kept.length * 64 * 1024);
  });
});
