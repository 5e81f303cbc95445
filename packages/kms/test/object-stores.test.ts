// Each ObjectStore runs the one suite; the key store runs the suite of the owners of a durable log too.

import { textAttribute } from '@vcryptsim/kmip-lite';
import type { FileSystem, KeyId } from '@vcryptsim/ports';
import { readWhole, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { logOwnerSuite } from '../../durable-log/test/support/log-owner-suite.js';
import { ReplicaStore } from '../src/cluster/replica-store.js';
import type { KeyStore } from '../src/store/key-store.js';
import type { ObjectStore } from '../src/store/object-store.js';
import { clientName } from '../src/terms/client-name.js';
import { HISTORY, objectStoreSuite } from './support/object-store-suite.js';
import { writeOldStore } from './support/old-store.js';
import { entropyOf, keyOf, openStore } from './support/world.js';

const JOURNAL = '/kms/store/journal';
const BYTES_MAX = 1024 ** 2;

async function write(store: KeyStore): Promise<void> {
  for (const objects of HISTORY) {
    await store.commit({
      added: objects.filter(({ version }) => version === 1),
      changed: objects.filter(({ version }) => version > 1).map((object) => ({ id: object.id, change: () => object })),
    });
  }
}

async function written(compacted = false): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  const { store } = await openStore(files);
  await write(store);
  if (compacted) await store.compact();
  await store.close();
  return files;
}

async function replica(files: FileSystem): Promise<ReplicaStore> {
  const place = { folder: '/kms/store', rootKeyPath: '/kms/root.key', files, entropy: entropyOf(5) };
  return (await ReplicaStore.open(place)).store;
}

async function replicaOf(leader: FileSystem): Promise<ReplicaStore> {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  await replaceFile(files, '/kms/root.key', await readWhole(leader, '/kms/root.key', 32));
  const store = await replica(files);
  await store.takeWhole((await readWhole(leader, JOURNAL, BYTES_MAX)).slice());
  return store;
}

async function old(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await writeOldStore(files, HISTORY);
  return files;
}

objectStoreSuite('a key store', async () => {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  const { store } = await openStore(files);
  await write(store);
  return store;
});
objectStoreSuite('a key store opened again', async () => (await openStore(await written(), 2)).store);
objectStoreSuite('a key store opened after a rewriting', async () => (await openStore(await written(true), 2)).store);
objectStoreSuite('a key store of the first format', async () => (await openStore(await old(), 2)).store);
objectStoreSuite('a replica', async () => replicaOf(await written()));
objectStoreSuite('a replica opened again', async () => replica(await written()));
objectStoreSuite('a replica of the first format', async () => replica(await old()));

logOwnerSuite({
  name: 'the key store',
  logPath: JOURNAL,
  prepare: (files) => files.mkdir('/kms'),
  open: async (files) => {
    const { store } = await openStore(files);
    return {
      change: async (n) => {
        const id = `key-${n}` as KeyId;
        const more = (times: number) => [textAttribute('x-Times', `${times}`.padStart(500))];
        if (!store.find(id)) await store.add(keyOf(id, n, { attributes: more(1) }));
        else await store.change(id, (object) => ({ ...object, attributes: more(object.version + 1) }));
      },
      state: () => JSON.stringify([...store.objects()].map(({ id, version }) => [id, version])),
      compact: () => store.compact(),
      close: () => store.close(),
    };
  },
});

describe('the order of objects', () => {
  it('is that in which they came, at the leader and at its followers, after any number of rewritings and starts', async () => {
    const files = new MemoryFileSystem();
    await files.mkdir('/kms');
    const names = Array.from({ length: 40 }, (_, n) => `key-${(n * 17) % 40}`);
    const orderIn = (store: ObjectStore) => [[...store.objects()], [...store.ownedBy(clientName('vcenter'))]];
    const expectOrder = (store: ObjectStore) => {
      for (const objects of orderIn(store)) expect(objects.map(({ id }) => id)).toEqual(names);
    };
    for (let start = 1; start <= 3; start++) {
      const { store } = await openStore(files, start);
      if (start === 1) for (const [n, name] of names.entries()) await store.add(keyOf(name, n));
      for (let n = start; n < 40; n += 7) {
        const end = { state: 'Destroyed' as const, material: null };
        const next = n % 2 === 0 ? end : { state: 'Active' as const };
        await store.change(names[39 - n] as KeyId, (object) => ({ ...object, ...next }));
      }
      expectOrder(store);
      if (start !== 2) await store.compact();
      expectOrder(store);
      await store.close();
      const { store: again } = await openStore(files, 10 + start);
      expectOrder(again);
      await again.close();
      expectOrder(await replicaOf(files));
    }
  });
});
