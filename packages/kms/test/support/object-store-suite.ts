// What every ObjectStore promises to those who read it, and what one that takes changes and one that takes none do.
import { type Attribute, textAttribute } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import type { ManagedObject } from '../../src/objects/managed-object.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { type ClientName, clientName } from '../../src/terms/client-name.js';
import { keyOf } from './world.js';

const VCENTER = clientName('vcenter');
const BACKUP = clientName('backup');
const group = (text: string): Attribute => textAttribute('Object Group', text);
const grouped = (id: string, byte: number, ...groups: string[]) => {
  const key = keyOf(id, byte);
  return { ...key, attributes: [...key.attributes, ...groups.map((text, index) => ({ ...group(text), index }))] };
};

const A = 'a' as KeyId;
const C = 'c' as KeyId;
const a = grouped(A, 1, 'web', 'db');
const b = grouped('b', 2, 'web');
/** What is written before a store is read: versions of five objects of two clients, one write each. */
export const HISTORY: readonly (readonly ManagedObject[])[] = [
  [b, a],
  [{ ...grouped(C, 3, 'db'), owner: BACKUP }],
  [keyOf('e', 5), grouped('d', 4, 'web')],
  [{ ...a, attributes: grouped(A, 1, 'db').attributes, state: 'Active', version: 2 }],
  [{ ...b, state: 'Destroyed', version: 2, material: null }],
];

const bytesOf = (object: ManagedObject | undefined) => object?.material?.use((bytes) => [...bytes]) ?? null;
const idsOf = (objects: Iterable<ManagedObject>) => [...objects].map(({ id }) => id);
const imageOf = (store: ObjectStore) =>
  JSON.stringify(
    [...store.objects()].map((one) => [one.id, one.version, one.state, bytesOf(one), one.attributes.length]),
  );

/** @param open answers a store that has {@link HISTORY}, opened by its own way */
export function objectStoreSuite(name: string, open: () => Promise<ObjectStore>): void {
  const within = (work: (store: ObjectStore) => Promise<void>) => async () => {
    const store = await open();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };

  describe(`${name} as an object store`, () => {
    it(
      'finds the newest version of each object, whole, and nothing by another name',
      within(async (store) => {
        expect(store.find(A)).toMatchObject({ id: 'a', version: 2, state: 'Active', owner: 'vcenter', user: null });
        expect(bytesOf(store.find(A))).toEqual(Array(32).fill(1));
        expect(store.find('b' as KeyId)).toMatchObject({ state: 'Destroyed', version: 2, material: null });
        expect(store.find(C)).toMatchObject({ state: 'PreActive', version: 1, owner: 'backup' });
        expect(store.find('A' as KeyId)).toBeUndefined();
        expect(store.lastWrite).toBeGreaterThanOrEqual(HISTORY.length);
      }),
    );

    it(
      'lists objects in the order in which they came, all or of one client',
      within(async (store) => {
        expect(idsOf(store.objects())).toEqual(['b', 'a', 'c', 'e', 'd']);
        expect(idsOf(store.ownedBy(VCENTER))).toEqual(['b', 'a', 'e', 'd']);
        expect(idsOf(store.ownedBy(BACKUP))).toEqual(['c']);
        expect(idsOf(store.ownedBy('nobody' as ClientName))).toEqual([]);
      }),
    );

    it(
      'finds objects of one client by a text as it is now, oldest first',
      within(async (store) => {
        expect(idsOf(store.having(VCENTER, 'Object Group', 'web'))).toEqual(['b', 'd']);
        expect(idsOf(store.having(VCENTER, 'Object Group', 'db'))).toEqual(['a']);
        expect(idsOf(store.having(BACKUP, 'Object Group', 'db'))).toEqual(['c']);
        expect(idsOf(store.having(BACKUP, 'Object Group', 'web'))).toEqual([]);
        expect(idsOf(store.having(VCENTER, 'Name', 'web'))).toEqual([]);
      }),
    );

    it(
      'counts what each client has, destroyed objects among it',
      within(async (store) => {
        expect(store.usageOf(VCENTER).objects).toBe(4);
        expect(store.usageOf(BACKUP).objects).toBe(1);
        expect(store.usageOf(BACKUP).bytes).toBeGreaterThan(60);
        expect(store.usageOf(VCENTER).bytes).toBeGreaterThan(store.usageOf(BACKUP).bytes);
        expect(store.usageOf('nobody' as ClientName)).toEqual({ objects: 0, bytes: 0 });
      }),
    );

    it(
      'changes as it says: an object when that is durable, several together or none, or nothing at all',
      within(async (store) => {
        const before = imageOf(store);
        const write = store.lastWrite;
        const revoke = (object: ManagedObject) => ({ ...object, state: 'Deactivated' as const });
        if (!store.takesChanges) {
          const refused = { code: 'NOT_LEADER' };
          await expect(store.add(keyOf('f', 6))).rejects.toMatchObject(refused);
          await expect(store.change(A, revoke)).rejects.toMatchObject(refused);
          const change = { added: [keyOf('f', 6)], changed: [{ id: A, change: revoke }] };
          await expect(store.commit(change)).rejects.toMatchObject(refused);
          expect([imageOf(store), store.lastWrite]).toEqual([before, write]);
          return;
        }
        const missing = { id: 'missing' as KeyId, change: revoke };
        const half = store.commit({ added: [keyOf('f', 6)], changed: [{ id: A, change: revoke }, missing] });
        await expect(half).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
        expect([imageOf(store), store.lastWrite]).toEqual([before, write]);
        const adding = store.add(keyOf('f', 6));
        expect(store.find('f' as KeyId)).toBeUndefined();
        await adding;
        expect(store.find('f' as KeyId)).toMatchObject({ version: 1 });
        expect(await store.change(A, revoke)).toMatchObject({ version: 3, state: 'Deactivated' });
        expect(store.find(A)).toMatchObject({ version: 3, state: 'Deactivated' });
        expect(store.lastWrite).toBe(write + 2);
        expect(store.usageOf(VCENTER).objects).toBe(5);
      }),
    );
  });
}
