// The journal as those see it who copy it while it is written.
import { createHash } from 'node:crypto';
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
  it('shows no moment between the destruction of a key and its last byte on the disk', async () => {
    const { files, store } = await storeWithKeys();
    const before = await store.journal.settledEnd(NEVER);
    const destroying = store.change('two' as never, (object) => ({ ...object, state: 'Destroyed', material: null }));
    const after = await store.journal.settledEnd(NEVER);
    expect(after?.generation).toBe((before?.generation ?? 0) + 1);
    expect((await readWhole(files, '/kms/store/journal', 1024 ** 2)).length).toBe(after?.lengthBytes);
    await destroying;
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
    const meet = async (bytes: Uint8Array) => {
      const copy = new LeaderJournal(store.journal, NEVER);
      await copy.meet(bytes.length, Uint8Array.from(createHash('sha256').update(bytes).digest()));
      return copy.next(NOW);
    };
    expect(await meet(had)).toMatchObject({ replaces: false, offsetBytes: had.length });
    const other = had.slice();
    other[40] = (other[40] ?? 0) ^ 1;
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
