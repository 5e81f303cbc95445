// Stores, copies and backups of the first format: they open, and are taken over whole or not at all.
import type { KeyId } from '@vcryptsim/ports';
import { CrashLog, crashStates, FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { ReplicaStore } from '../src/cluster/replica-store.js';
import { cutsOfFrames } from './support/cuts-of-frames.js';
import { contentOf, overwrite } from './support/file-contents.js';
import { wholeMaterials } from './support/frames.js';
import { writeOldStore } from './support/old-store.js';
import { entropyOf, keyOf, openStore } from './support/world.js';

const PATH = '/kms/store/journal';
const a = keyOf('a', 1);
const b = keyOf('b', 2);
const WRITES = [
  [a],
  [b, keyOf('c', 3)],
  [{ ...a, state: 'Active' as const, version: 2 }],
  [{ ...b, state: 'Destroyed' as const, version: 2, material: null }],
];

let files: MemoryFileSystem;
let old: Uint8Array;
beforeEach(async () => {
  files = new MemoryFileSystem();
  old = await writeOldStore(files, WRITES, { firstNumber: 41 });
});

const isOld = (journal: Uint8Array) => new TextDecoder().decode(journal.subarray(0, 8)) === 'VCSKMS1\n';

async function imageIn(place: MemoryFileSystem, start = 2) {
  const { store } = await openStore(place, start);
  const image = [...store.objects()].map(({ id, version, state, material }) => [
    id,
    version,
    state,
    material?.use((bytes) => bytes[0]) ?? null,
  ]);
  await store.close();
  return image;
}

const IMAGE = [
  ['a', 2, 'Active', 1],
  ['b', 2, 'Destroyed', null],
  ['c', 1, 'PreActive', 3],
];

describe('a store of the first format', () => {
  it('opens with all that it had, is written anew, and goes on with the next number', async () => {
    const { store, report } = await openStore(files, 2);
    expect(report).toEqual({ objects: 3, tornBytes: 0 });
    expect(store.lastWrite).toBe(45);
    await store.change('c' as KeyId, (object) => ({ ...object, state: 'Active' }));
    await store.close();
    const journal = (await contentOf(files, PATH))!;
    expect(isOld(journal)).toBe(false);
    expect(wholeMaterials(journal)).toEqual(['a', 'c']);
    expect(await imageIn(files, 3)).toEqual([...IMAGE.slice(0, 2), ['c', 2, 'Active', 3]]);
  });

  it('is after a cut at any moment of that the old one or the new one, whole', async () => {
    const place = new MemoryFileSystem();
    await writeOldStore(place, WRITES);
    const log = new CrashLog(place);
    const { store } = await openStore(log.files, 2);
    await store.close();
    let kept = 0;
    let states = 0;
    for (const state of crashStates(log, { tornAt: cutsOfFrames, subsets: 4 })) {
      if (isOld((await contentOf(state.files, PATH))!)) kept += 1;
      expect(await imageIn(state.files, 3 + states), state.name).toEqual(IMAGE);
      states += 1;
    }
    expect(kept).toBeGreaterThan(10);
    expect(states).toBeGreaterThan(kept);
  });

  it('stays as it is when taking it over fails, at whichever file call, and opens the next time', async () => {
    let failures = 0;
    for (let atCall = 1; ; atCall++) {
      const place = new MemoryFileSystem();
      await writeOldStore(place, WRITES);
      const before = (await contentOf(place, PATH))!;
      const faulty = new FaultyFileSystem(place, [{ kind: 'io-error', atCall }]);
      const opened = await openStore(faulty, 2).then(
        async ({ store }) => store.close().then(() => true),
        () => false,
      );
      const after = (await contentOf(place, PATH))!;
      if (!opened && isOld(after)) expect(after).toEqual(before);
      expect(await imageIn(place, 3), `call ${atCall}`).toEqual(IMAGE);
      if (opened) break;
      failures += 1;
    }
    expect(failures).toBeGreaterThan(10);
  });

  it('is refused when it is damaged before its end, and cut back where a write was not finished', async () => {
    for (let place = 0; place < old.length - 400; place += 7) {
      const bent = Uint8Array.from(old);
      bent[place]! ^= 0x10;
      await overwrite(files, PATH, bent);
      await expect(openStore(files, 2), `byte ${place}`).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      expect(await contentOf(files, PATH)).toEqual(bent);
    }
    await overwrite(files, PATH, old.subarray(0, -5));
    const { store, report } = await openStore(files, 2);
    expect(report.tornBytes).toBeGreaterThan(0);
    expect(store.find('b' as KeyId)?.state).toBe('PreActive');
    await store.close();
  });
});

describe('a follower with a copy in the first format', () => {
  const open = (place: MemoryFileSystem) =>
    ReplicaStore.open({ folder: '/kms/store', rootKeyPath: '/kms/root.key', files: place, entropy: entropyOf(5) });

  it('serves it until the journal of the leader comes, and then has that', async () => {
    const leader = new MemoryFileSystem();
    await leader.mkdir('/kms');
    await leader.mkdir('/kms/store');
    await overwrite(leader, PATH, old);
    await overwrite(leader, '/kms/root.key', (await contentOf(files, '/kms/root.key'))!);
    const { store: upgraded } = await openStore(leader, 2);
    await upgraded.add(keyOf('d', 4));
    await upgraded.close();
    const journal = (await contentOf(leader, PATH))!;
    const { store } = await open(files);
    expect([...store.objects()].map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect([store.lastWrite, store.position.lengthBytes]).toEqual([44, 0]);
    await store.takeWhole(journal.slice());
    expect([...store.objects()].map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(store.lastWrite).toBe(46);
    await store.close();
    expect(await contentOf(files, PATH)).toEqual(journal);
    const { store: again } = await open(files);
    expect(again.lastWrite).toBe(46);
    await again.close();
  });
});
