// The journal as those see it who copy it while it is written.
import { readWhole } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { LeaderJournal } from '../../src/cluster/leader-journal.js';
import { keyOf, openStore } from '../support/world.js';

const NEVER = new AbortController().signal;
const NOW = AbortSignal.abort();

async function storeWithKeys() {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  const { store } = await openStore(files);
  await store.add(keyOf('one', 1), keyOf('two', 2));
  return { files, store };
}

describe('A journal that is copied', () => {
  it('is the same file after a destruction, in which the material is whole or gone, never in between', async () => {
    const { files, store } = await storeWithKeys();
    const journal = () => readWhole(files, '/kms/store/journal', 1024 ** 2);
    const before = await store.journal.settledEnd(NEVER);
    const had = await journal();
    const destroying = store.change('two' as never, (object) => ({ ...object, state: 'Destroyed', material: null }));
    const seen = new Uint8Array(had.length);
    expect(await store.journal.readDurable(before?.generation ?? 0, seen, 0)).toBe(true);
    await destroying;
    const has = await journal();
    expect((await store.journal.settledEnd(NEVER))?.generation).toBe(before?.generation);
    expect(has.subarray(0, had.length)).not.toEqual(had);
    expect([had, has.subarray(0, had.length)]).toContainEqual(seen);
  });

  it('comes piece by piece, then news only, then anew when it was rewritten', async () => {
    const { files, store } = await storeWithKeys();
    const copy = new LeaderJournal(store.journal, NEVER);
    const whole = () => readWhole(files, '/kms/store/journal', 1024 ** 2);
    const first = await copy.next(NOW);
    expect(first).toMatchObject({ replaces: true, offsetBytes: 0, lastWrite: 1 });
    expect(first?.bytes).toEqual(await whole());
    expect((await copy.next(NOW))?.bytes).toHaveLength(0);
    const waiting = copy.next(NEVER);
    await store.add(keyOf('three', 3));
    expect(await waiting).toMatchObject({ replaces: false, offsetBytes: first?.bytes.length, lastWrite: 2 });
    await store.compact();
    expect(await copy.next(NEVER)).toMatchObject({ replaces: true, offsetBytes: 0, bytes: await whole() });
  });

  it('goes on after what a follower has, if that is its beginning, and else begins anew', async () => {
    const { files, store } = await storeWithKeys();
    const had = await readWhole(files, '/kms/store/journal', 1024 ** 2);
    await store.add(keyOf('three', 3));
    await store.change('one' as never, (object) => ({ ...object, state: 'Destroyed', material: null }));
    const meet = async (bytes: Uint8Array) => {
      const copy = new LeaderJournal(store.journal, NEVER);
      await copy.meet(bytes.length, bytes.slice(-32));
      return copy.next(NOW);
    };
    expect(await meet(had)).toMatchObject({ replaces: false, offsetBytes: had.length });
    const other = had.slice();
    other[had.length - 1] = (other[had.length - 1] ?? 0) ^ 1;
    expect(await meet(other)).toMatchObject({ replaces: true, offsetBytes: 0 });
    expect(await meet(new Uint8Array(1024 ** 2))).toMatchObject({ replaces: true, offsetBytes: 0 });
    expect(await meet(new Uint8Array(0))).toMatchObject({ replaces: true, offsetBytes: 0 });
  });

  it('ends every wait when the leader stops', async () => {
    const { store } = await storeWithKeys();
    const stopped = new AbortController();
    const copy = new LeaderJournal(store.journal, stopped.signal);
    await copy.next(NOW);
    const waiting = copy.next(NEVER);
    stopped.abort();
    expect(await waiting).toBeNull();
  });
});
