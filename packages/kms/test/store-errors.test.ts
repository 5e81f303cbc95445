// An error at each file call of each change of a store: what is answered as failed is unchanged, or finished by the next try.
import type { KeyId } from '@vcryptsim/ports';
import { FaultyFileSystem, type FileFault, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import type { KeyStore } from '../src/store/key-store.js';
import { contentOf } from './support/file-contents.js';
import { wholeMaterials } from './support/frames.js';
import { keyOf, openStore } from './support/world.js';

const [A, B, C] = ['a', 'b', 'c'] as [KeyId, KeyId, KeyId];
const destroyB = (store: KeyStore) =>
  store.change(B, (object) => {
    if (object.state === 'Destroyed') throw new Error('destroyed already');
    return { ...object, state: 'Destroyed', material: null };
  });

/** Changes, and whether they were made. */
const CHANGES = {
  create: {
    work: (store: KeyStore) => store.add(keyOf('c', 3)),
    isDone: (store: KeyStore) => store.find(C) !== undefined,
  },
  change: {
    work: (store: KeyStore) => store.change(A, (object) => ({ ...object, state: 'Active' })),
    isDone: (store: KeyStore) => store.find(A)?.state === 'Active',
  },
  destroy: { work: destroyB, isDone: (store: KeyStore) => store.find(B)?.state === 'Destroyed' },
  compact: { work: (store: KeyStore) => store.compact(), isDone: () => true },
} as const;

const FAULTS: Record<string, (n: number) => FileFault> = {
  'an i/o error': (atCall) => ({ kind: 'io-error', atCall }),
  'a full medium': (place) => ({ kind: 'no-space', afterBytes: (place - 1) * 29 }),
};

async function storeOfTwo() {
  const files = new MemoryFileSystem();
  const faulty = new FaultyFileSystem(files);
  const { store } = await openStore(faulty);
  await store.add(keyOf('a', 1));
  await store.add(keyOf('b', 2));
  return { files, faulty, store };
}

const materialsOf = async (files: MemoryFileSystem) => {
  const found = new Set<string>();
  for (const name of await files.readdir('/kms/store')) {
    for (const id of wholeMaterials((await contentOf(files, `/kms/store/${name}`))!)) found.add(id);
  }
  return found;
};

const isUnwritable = (error: unknown) => (error as { code?: string }).code === 'STORE_UNWRITABLE';

describe.each(Object.keys(FAULTS))('%s', (kind) => {
  it.each(Object.keys(CHANGES) as (keyof typeof CHANGES)[])('at any moment of a %s', async (name) => {
    const { work, isDone } = CHANGES[name];
    let failures = 0;
    for (let place = 1; ; place++) {
      const what = `${name}, ${place}`;
      const { files, faulty, store } = await storeOfTwo();
      const mend = faulty.set(FAULTS[kind]!(place));
      const failed = await work(store).then(
        () => null,
        (error: unknown) => error,
      );
      mend();
      if (failed !== null) {
        failures += 1;
        expect(isUnwritable(failed), `${what}: ${String(failed)}`).toBe(true);
        // The next try does it, or says that the server must be started again; then it is not half done either.
        const again =
          isDone(store) && name !== 'destroy'
            ? null
            : await work(store).then(
                () => null,
                (error: unknown) => error,
              );
        if (again !== null) expect(isUnwritable(again), `${what}: again ${String(again)}`).toBe(true);
        if (again === null) expect(isDone(store), what).toBe(true);
        if (again === null && name === 'destroy') expect(await materialsOf(files), what).not.toContain('b');
      } else if (name === 'destroy') expect(await materialsOf(files), what).not.toContain('b');
      const shown = isDone(store);
      await store.close().catch(() => {});
      const { store: next } = await openStore(files, 2);
      if (failed === null) expect(isDone(next), what).toBe(true);
      if (shown) expect(isDone(next), `${what}: what was shown is durable`).toBe(true);
      expect([next.find(A)?.material !== null, next.find(B)?.owner], what).toEqual([true, 'vcenter']);
      if (!isDone(next)) await work(next);
      expect(isDone(next), what).toBe(true);
      await next.close();
      if (name === 'destroy') expect(await materialsOf(files), what).not.toContain('b');
      if (failed === null) break;
    }
    expect(failures).toBeGreaterThan(kind === 'an i/o error' ? 1 : 10);
  });
});

describe('a store without room', () => {
  const limits = { journalBytesMax: 20_000, reserveBytes: 4_000, deadBytesFloor: 4_000 };

  it('refuses what takes more by name, goes on serving, and takes what ends an object', async () => {
    const files = new MemoryFileSystem();
    const { store } = await openStore(files, 1, '/kms/root.key', limits);
    let kept = 0;
    let refusal: unknown = null;
    while (refusal === null) {
      refusal = await store.add(keyOf(`key ${kept}`, kept % 256)).then(
        () => null,
        (error: unknown) => error,
      );
      if (refusal === null) kept += 1;
    }
    expect(refusal).toMatchObject({ code: 'STORE_FULL', nextStep: expect.stringContaining('Destroy') });
    expect((await contentOf(files, '/kms/store/journal'))!.length).toBeLessThanOrEqual(limits.journalBytesMax);
    expect([...store.objects()]).toHaveLength(kept);
    expect(store.find('key 0' as KeyId)?.material?.lengthBytes).toBe(32);
    // As many ends as there are objects: rewriting gives their room back.
    for (let place = 0; place < kept; place++) {
      await store.change(`key ${place}` as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
    }
    await store.close();
    expect((await contentOf(files, '/kms/store/journal'))!.length).toBeLessThan(
      limits.journalBytesMax + limits.reserveBytes,
    );
    const { store: again } = await openStore(files, 2, '/kms/root.key', limits);
    expect([...again.objects()].filter(({ state }) => state === 'Destroyed')).toHaveLength(kept);
    await again.close();
  });

  it('opens a journal that is longer than it would make one', async () => {
    const files = new MemoryFileSystem();
    const { store } = await openStore(files);
    for (let place = 0; place < 100; place++) await store.add(keyOf(`key ${place}`, place));
    await store.close();
    const { store: small } = await openStore(files, 2, '/kms/root.key', limits);
    expect([...small.objects()]).toHaveLength(100);
    await expect(small.add(keyOf('more', 1))).rejects.toMatchObject({ code: 'STORE_FULL' });
    await small.close();
  });

  it('counts what each client has while changes are made, the same after a start', async () => {
    const files = new MemoryFileSystem();
    const { store } = await openStore(files);
    const { owner } = keyOf('a', 1);
    expect(store.usageOf(owner)).toEqual({ objects: 0, bytes: 0 });
    await store.add(keyOf('a', 1), keyOf('b', 2));
    const two = store.usageOf(owner);
    expect(two.objects).toBe(2);
    await store.change(A, (object) => ({ ...object, state: 'Active' }));
    await destroyB(store);
    const after = store.usageOf(owner);
    expect(after.objects).toBe(2);
    expect(after.bytes).toBeLessThan(two.bytes);
    await store.close();
    const { store: again } = await openStore(files, 2);
    expect(again.usageOf(owner)).toEqual(after);
    await again.compact();
    expect(again.usageOf(owner)).toEqual(after);
    await again.close();
  });
});
