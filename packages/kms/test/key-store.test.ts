import { attribute, textAttribute } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { CrashLog, crashStates, FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { standardValue } from '../src/objects/attributes.js';
import { encodeFrame, objectEntry } from '../src/store/journal-format.js';
import { clientName } from '../src/terms/client-name.js';
import { cutsOfFrames } from './support/cuts-of-frames.js';
import { contentOf, overwrite } from './support/file-contents.js';
import { framesIn, headEnd, wholeMaterials } from './support/frames.js';
import { keyOf, openStore } from './support/world.js';

const A = 'a' as KeyId;
const B = 'b' as KeyId;

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
});

const bytesOf = (object: { material: { use<T>(work: (bytes: Uint8Array) => T): T } | null } | undefined) =>
  object?.material?.use((bytes) => Uint8Array.from(bytes)) ?? null;

function holds(haystack: Uint8Array, needle: Uint8Array): boolean {
  return Buffer.from(haystack).includes(Buffer.from(needle));
}

describe('a key store', () => {
  it('gives every object back after a restart, with its attributes and bytes', async () => {
    const { store } = await openStore(files);
    const date = attribute('Initial Date', 1_700_000_000);
    await store.add(keyOf('a', 1, { attributes: [date, { ...textAttribute('x-Vendor', 'VMware, Inc.'), index: 2 }] }));
    await store.add(keyOf('b', 2, { owner: clientName('backup'), user: 'user:joe', state: 'Active' }));
    await store.close();
    const { store: again, report } = await openStore(files, 2);
    expect(report).toEqual({ objects: 2, tornBytes: 0 });
    const [a, b] = [again.find(A), again.find(B)];
    expect(a?.attributes).toEqual([
      date,
      { name: 'x-Vendor', index: 2, value: textAttribute('', 'VMware, Inc.').value },
    ]);
    expect([a?.version, a?.state, a?.owner, a?.user]).toEqual([1, 'PreActive', 'vcenter', null]);
    expect([b?.version, b?.state, b?.owner, b?.user]).toEqual([1, 'Active', 'backup', 'user:joe']);
    expect(bytesOf(a)).toEqual(new Uint8Array(32).fill(1));
    expect(bytesOf(b)).toEqual(new Uint8Array(32).fill(2));
    await again.close();
  });

  it('holds no key byte, attribute or root key in clear in its files', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 0xa5, { attributes: [textAttribute('x-Name', 'a very recognisable name')] }));
    await store.change(A, (object) => ({ ...object, state: 'Active' }));
    await store.compact();
    await store.close();
    const journal = (await contentOf(files, '/kms/store/journal'))!;
    expect(holds(journal, new Uint8Array(8).fill(0xa5))).toBe(false);
    expect(holds(journal, new TextEncoder().encode('recognisable'))).toBe(false);
    expect(holds(journal, (await contentOf(files, '/kms/root.key'))!.subarray(0, 16))).toBe(false);
    expect(holds(journal, new TextEncoder().encode('"id":"a"'))).toBe(true);
  });

  it('lets changes of one object build on each other while they are on their way', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    const add = (name: string) =>
      store.change(A, (object) => ({ ...object, attributes: [...object.attributes, textAttribute(name, 'v')] }));
    const versions = await Promise.all([add('x-1'), add('x-2'), add('x-3')]);
    expect(versions.map((object) => object.version)).toEqual([2, 3, 4]);
    expect(
      store
        .find(A)
        ?.attributes.slice(2)
        .map((one) => one.name),
    ).toEqual(['x-1', 'x-2', 'x-3']);
    await store.close();
  });

  it('shows a change only when it is durable', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    const change = store.change(A, (object) => ({ ...object, state: 'Active' }));
    expect(store.find(A)?.state).toBe('PreActive');
    await change;
    expect(store.find(A)?.state).toBe('Active');
    await store.close();
  });

  it('keeps the material of a destroyed object in no file, and its attributes', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    await store.add(keyOf('b', 2));
    const sealedBefore = (await contentOf(files, '/kms/store/journal'))!;
    await store.change(A, (object) => ({ ...object, state: 'Destroyed', material: null }));
    await store.close();
    const journal = (await contentOf(files, '/kms/store/journal'))!;
    const [material] = framesIn(sealedBefore)[0]!.frame.entries;
    const sealedKey = material?.kind === 'material' ? material.sealed : new Uint8Array(0);
    expect(sealedKey).toHaveLength(60);
    expect(holds(sealedBefore, sealedKey)).toBe(true);
    expect(holds(journal, sealedKey)).toBe(false);
    expect(wholeMaterials(journal)).toEqual(['b']);
    const { store: again } = await openStore(files, 2);
    expect(again.find(A)?.material).toBeNull();
    expect(standardValue(again.find(A)!, 'Cryptographic Length')).toBe(256);
    expect(bytesOf(again.find(B))).toEqual(new Uint8Array(32).fill(2));
    await again.close();
  });

  it('rewrites the journal each time it is asked to', async () => {
    const { store } = await openStore(files);
    for (const name of ['a', 'b', 'c']) {
      await store.add(keyOf(name, 1));
      await store.change(name as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
      const before = (await contentOf(files, '/kms/store/journal'))!.length;
      await store.compact();
      expect((await contentOf(files, '/kms/store/journal'))!.length).toBeLessThan(before);
    }
    await store.close();
  });

  it('rewrites a journal that has grown long', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    const long = textAttribute('x-long', 'l'.repeat(64 * 1024));
    for (let round = 0; round < 30; round++) {
      await store.change(A, (object) => ({ ...object, attributes: [...object.attributes.slice(0, 2), long] }));
    }
    await store.close();
    expect((await contentOf(files, '/kms/store/journal'))!.length).toBeLessThan(1.5 * 1024 * 1024);
  });
});

describe('a key store after a cut', () => {
  it('has lost nothing that was answered, and brings nothing destroyed back', async () => {
    await files.mkdir('/kms');
    const log = new CrashLog(files);
    const answered: { afterOperation: number; id: KeyId; version: number; hasMaterial: boolean }[] = [];
    const { store } = await openStore(log.files);
    const answer = (id: KeyId) => {
      const { version, material } = store.find(id)!;
      answered.push({ afterOperation: log.operations.length, id, version, hasMaterial: material !== null });
    };
    await store.add(keyOf('a', 1)).then(() => answer(A));
    await store.change(A, (object) => ({ ...object, state: 'Active' })).then(() => answer(A));
    await store.add(keyOf('b', 2)).then(() => answer(B));
    await store.change(B, (object) => ({ ...object, state: 'Destroyed', material: null })).then(() => answer(B));
    await store.change(A, (object) => ({ ...object, state: 'Deactivated' })).then(() => answer(A));
    await store.close();
    let states = 0;
    for (const state of crashStates(log, { tornAt: cutsOfFrames, subsets: 4 })) {
      const { store: found } = await openStore(state.files, 2 + states);
      for (const id of [A, B]) {
        const last = answered.filter((one) => one.id === id && one.afterOperation <= state.afterOperation).at(-1);
        const object = found.find(id);
        expect(object?.version ?? 0, state.name).toBeGreaterThanOrEqual(last?.version ?? 0);
        if (last && !last.hasMaterial) expect(object?.material, state.name).toBeNull();
        if (object?.material) expect(bytesOf(object)).toEqual(new Uint8Array(32).fill(id === A ? 1 : 2));
      }
      // Once it is open, the material of a destroyed object can be read nowhere in the file.
      if (found.find(B)?.state === 'Destroyed') {
        expect(wholeMaterials((await contentOf(state.files, '/kms/store/journal'))!), state.name).not.toContain('b');
      }
      await found.close();
      states += 1;
    }
    expect(states).toBeGreaterThan(80);
  });
});

describe('a key store that cannot be opened', () => {
  const refusal = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (reason: { code: string; message: string; nextStep?: string }) => reason,
    );
    return [error?.code, error?.nextStep !== undefined];
  };

  it('says that the root key is another, missing or none', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    await store.close();
    const journal = await contentOf(files, '/kms/store/journal');
    await overwrite(files, '/kms/other.key', new Uint8Array(32).fill(9));
    await overwrite(files, '/kms/short.key', new Uint8Array(31).fill(9));
    await overwrite(files, '/kms/long.key', new Uint8Array(33).fill(9));
    expect(await refusal(openStore(files, 2, '/kms/other.key'))).toEqual(['ROOT_KEY_WRONG', true]);
    expect(await refusal(openStore(files, 2, '/kms/short.key'))).toEqual(['ROOT_KEY_MALFORMED', true]);
    expect(await refusal(openStore(files, 2, '/kms/long.key'))).toEqual(['ROOT_KEY_MALFORMED', true]);
    expect(await refusal(openStore(files, 2, '/kms/none.key'))).toEqual(['ROOT_KEY_MISSING', true]);
    expect(await contentOf(files, '/kms/none.key')).toBeNull();
    expect(await contentOf(files, '/kms/store/journal')).toEqual(journal);
    const { store: again } = await openStore(files, 2);
    expect(again.find(A)).toBeDefined();
    await again.close();
  });

  it('notices an older version that was put back at the end', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    await store.change(A, (object) => ({ ...object, state: 'Active' }));
    await store.close();
    const whole = (await contentOf(files, '/kms/store/journal'))!;
    const [first, second] = framesIn(whole);
    const [material, version] = first!.frame.entries;
    const entries = first!.bytes.subarray(
      material!.entry.offsetBytes,
      version!.entry.offsetBytes + version!.entry.lengthBytes,
    );
    const materials = material?.kind === 'material' ? material.sealed : new Uint8Array(0);
    const forged = { number: second!.frame.number + 1, auditLine: 0, parts: [{ entries, materials }] };
    const replayed = encodeFrame({ ...forged, chainOf: () => first!.frame.chain });
    await overwrite(files, '/kms/store/journal', Uint8Array.from([...whole, ...replayed]));
    expect(await refusal(openStore(files, 2))).toEqual(['STORE_DAMAGED', true]);
  });

  it('notices facts that were changed, though the frame around them is whole', async () => {
    const { store } = await openStore(files);
    await store.add(keyOf('a', 1));
    await store.close();
    const whole = (await contentOf(files, '/kms/store/journal'))!;
    const { frame } = framesIn(whole)[0]!;
    const record = frame.entries.flatMap((entry) => (entry.kind === 'object' ? [entry.record] : []))[0]!;
    const stolen = Buffer.from(record).toString('latin1').replace('vcenter', 'villain');
    const entries = objectEntry(Uint8Array.from(Buffer.from(stolen, 'latin1')));
    const parts = [{ entries, materials: new Uint8Array(0) }];
    const forged = encodeFrame({ number: 1, auditLine: 0, parts, chainOf: () => frame.chain });
    await overwrite(files, '/kms/store/journal', Uint8Array.from([...whole.subarray(0, headEnd(whole)), ...forged]));
    expect(await refusal(openStore(files, 2))).toEqual(['STORE_DAMAGED', true]);
  });
});

describe('a key store without room', () => {
  it('refuses a change and those that build on it, and goes on from the last durable version', async () => {
    const faulty = new FaultyFileSystem(files);
    const { store } = await openStore(faulty);
    await store.add(keyOf('a', 1));
    const mend = faulty.set({ kind: 'no-space', afterBytes: 100 });
    const add = (name: string) =>
      store.change(A, (object) => ({ ...object, attributes: [...object.attributes, textAttribute(name, 'v')] }));
    const outcomes = await Promise.allSettled([add('x-1'), add('x-2'), store.add(keyOf('b', 2))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    mend();
    const after = await add('x-3');
    expect(after.version).toBe(2);
    expect(after.attributes.slice(2).map((one) => one.name)).toEqual(['x-3']);
    await store.close();
    const { store: again } = await openStore(files, 2);
    expect(again.find(A)?.version).toBe(2);
    expect(again.find(B)).toBeUndefined();
    await again.close();
  });
});
