// A replica by itself: what it takes and refuses, and what is on its medium after a cut at any operation.
import { readWhole, replaceFile } from '@vcryptsim/ports';
import { CrashLog, crashStates, FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { ReplicaStore } from '../../src/cluster/replica-store.js';
import { cutsOfFrames } from '../support/cuts-of-frames.js';
import { entropyOf, keyOf, openStore } from '../support/world.js';

/** The leader's journal after each of some changes: two keys, a change, a destruction with its rewriting. */
async function leaderJournals(): Promise<{ journals: Uint8Array[]; rootKey: Uint8Array }> {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  const { store } = await openStore(files);
  const journals: Uint8Array[] = [];
  const note = async () => void journals.push(await readWhole(files, '/kms/store/journal', 1024 ** 2));
  await note();
  await store.add(keyOf('one', 1), keyOf('two', 2));
  await note();
  await store.change('one' as never, (object) => ({ ...object, state: 'Active' }));
  await note();
  await store.change('two' as never, (object) => ({ ...object, state: 'Destroyed', material: null }));
  await note();
  await store.add(keyOf('three', 3));
  await note();
  await store.close();
  return { journals, rootKey: await readWhole(files, '/kms/root.key', 32) };
}

async function filesWith(rootKey: Uint8Array): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.mkdir('/b');
  await replaceFile(files, '/b/root.key', rootKey);
  return files;
}

const open = (files: ConstructorParameters<typeof FaultyFileSystem>[0]) =>
  ReplicaStore.open({ folder: '/b/store', rootKeyPath: '/b/root.key', files, entropy: entropyOf(2) });
const idsOf = (store: ReplicaStore) => [...store.objects()].map(({ id, version }) => `${id}:${version}`);
const at = (journals: readonly Uint8Array[], place: number) => journals[place]?.slice() ?? new Uint8Array(0);
const tail = (journals: readonly Uint8Array[], from: number, to: number) =>
  at(journals, to).subarray(at(journals, from).length);

describe('A replica', () => {
  it('takes writes only whole, and only the next ones', async () => {
    const { journals, rootKey } = await leaderJournals();
    const { store } = await open(await filesWith(rootKey));
    await store.takeWhole(at(journals, 0));
    const news = tail(journals, 0, 2);
    expect(await store.take(news.subarray(0, 40))).toBe(0);
    expect(idsOf(store)).toEqual([]);
    const first = tail(journals, 0, 1).length;
    expect(await store.take(news.subarray(0, news.length - 1))).toBe(first);
    expect(idsOf(store)).toEqual(['one:1', 'two:1']);
    await expect(store.take(news)).rejects.toMatchObject({ code: 'LEADER_UNREADABLE' });
    expect(await store.take(news.subarray(first))).toBe(news.length - first);
    expect(idsOf(store)).toEqual(['one:2', 'two:1']);
    expect(store.lastWrite).toBe(2);
  });

  it('claims no position for a head without writes, which is the beginning of every journal of the store', async () => {
    const { journals, rootKey } = await leaderJournals();
    const { store } = await open(await filesWith(rootKey));
    await store.takeWhole(at(journals, 0));
    expect(store.position).toMatchObject({ lengthBytes: 0 });
    await store.take(tail(journals, 0, 1));
    expect(store.position).toMatchObject({ lengthBytes: at(journals, 1).length });
  });

  it('refuses a journal that is damaged anywhere, and stays as it was', async () => {
    const { journals, rootKey } = await leaderJournals();
    const files = await filesWith(rootKey);
    const { store } = await open(files);
    await store.takeWhole(at(journals, 1));
    const whole = at(journals, 4);
    for (let place = 0; place < whole.length; place += 13) {
      const damaged = whole.slice();
      damaged[place] = (damaged[place] ?? 0) ^ 0x40;
      await expect(store.takeWhole(damaged)).rejects.toMatchObject({ code: 'LEADER_UNREADABLE' });
    }
    await expect(store.takeWhole(whole.subarray(0, -1))).rejects.toMatchObject({ code: 'LEADER_UNREADABLE' });
    expect(await readWhole(files, '/b/store/journal', 1024 ** 2)).toEqual(at(journals, 1));
    await store.takeWhole(whole);
    expect(idsOf(store)).toEqual(['one:2', 'two:2', 'three:1']);
  });

  it("refuses another store's journal and an older one of its own", async () => {
    const { journals, rootKey } = await leaderJournals();
    const { store } = await open(await filesWith(rootKey));
    await store.takeWhole(at(journals, 4));
    await expect(store.takeWhole(at(journals, 2))).rejects.toMatchObject({ code: 'LEADER_BEHIND' });
    const other = new MemoryFileSystem();
    await other.mkdir('/kms');
    await replaceFile(other, '/kms/root.key', rootKey);
    const { store: stranger } = await openStore(other, 9);
    for (let count = 0; count < 9; count++) await stranger.add(keyOf(`other ${count}`, count));
    const journal = await readWhole(other, '/kms/store/journal', 1024 ** 2);
    await expect(store.takeWhole(journal)).rejects.toMatchObject({ code: 'LEADER_OTHER_STORE' });
    expect(idsOf(store)).toEqual(['one:2', 'two:2', 'three:1']);
  });

  it('is, after a cut at any moment, what the leader was at one', async () => {
    const { journals, rootKey } = await leaderJournals();
    const files = await filesWith(rootKey);
    const log = new CrashLog(files);
    const { store } = await open(log.files);
    await store.takeWhole(at(journals, 0));
    await store.take(tail(journals, 0, 2));
    await store.takeWhole(at(journals, 3));
    await store.take(tail(journals, 3, 4));
    await store.close();
    const moments = [[], ['one:1', 'two:1'], ['one:2', 'two:1'], ['one:2', 'two:2'], ['one:2', 'two:2', 'three:1']];
    let furthest = 0;
    for (const { files: cut, name } of crashStates(log, { tornAt: cutsOfFrames, subsets: 4 })) {
      const { store: after } = await open(cut);
      const moment = moments.findIndex((ids) => ids.join() === idsOf(after).join());
      expect(moment, name).toBeGreaterThanOrEqual(0);
      furthest = Math.max(furthest, moment);
      await after.close();
    }
    expect(furthest).toBe(moments.length - 1);
  });

  it('goes on after its disk was full', async () => {
    const { journals, rootKey } = await leaderJournals();
    const files = new FaultyFileSystem(await filesWith(rootKey));
    const { store } = await open(files);
    await store.takeWhole(at(journals, 0));
    const end = files.set({ kind: 'no-space', afterBytes: 0 });
    await expect(store.take(tail(journals, 0, 1))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(store.takeWhole(at(journals, 3))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(idsOf(store)).toEqual([]);
    end();
    await store.take(tail(journals, 0, 2));
    expect(idsOf(store)).toEqual(['one:2', 'two:1']);
  });
});
