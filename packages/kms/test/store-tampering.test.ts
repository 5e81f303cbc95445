// What somebody does to the journal who has the folder and not the root key.
import type { KeyId } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../src/store/journal-format.js';
import { contentOf, overwrite } from './support/file-contents.js';
import { type FrameInBytes, framesIn, headEnd } from './support/frames.js';
import { keyOf, openStore } from './support/world.js';

const PATH = '/kms/store/journal';
const [A, B] = ['a', 'b'] as KeyId[];

let files: MemoryFileSystem;
let before: Uint8Array;
let journal: Uint8Array;
beforeEach(async () => {
  files = new MemoryFileSystem();
  const { store } = await openStore(files);
  await store.add(keyOf('a', 1));
  await store.add(keyOf('b', 2));
  await store.change(A as KeyId, (object) => ({ ...object, state: 'Active' }));
  before = (await contentOf(files, PATH))!;
  await store.change(A as KeyId, (object) => ({ ...object, state: 'Compromised' }));
  await store.change(B as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
  await store.add(keyOf('c', 3));
  await store.close();
  journal = (await contentOf(files, PATH))!;
});

const join = (parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
const headOf = (bytes: Uint8Array) => bytes.subarray(0, headEnd(bytes));
const bytesOf = ({ bytes }: FrameInBytes) => bytes;

/** A frame of other frames' entries, well made but for the chain, whose key the forger lacks. */
function forge(number: number, from: readonly FrameInBytes[], chain: Uint8Array): Uint8Array {
  const parts = from.map(({ frame, bytes }) => {
    const places = frame.entries.map(({ entry }) =>
      bytes.subarray(entry.offsetBytes, entry.offsetBytes + entry.lengthBytes),
    );
    const materials = frame.entries.flatMap((entry) => (entry.kind === 'material' ? [entry.sealed] : []));
    return { entries: join(places), materials: join(materials) };
  });
  return encodeFrame({ number, auditLine: 0, parts, chainOf: () => chain });
}

async function refused(bytes: Uint8Array, what: string): Promise<void> {
  await overwrite(files, PATH, bytes);
  await expect(openStore(files, 2), what).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  expect(await contentOf(files, PATH), `${what}: left as it is`).toEqual(bytes);
}

describe('a journal that was changed by somebody without the root key', () => {
  it('is refused when frames were taken out, doubled, exchanged or cut off at the beginning', async () => {
    const frames = framesIn(journal);
    expect(frames).toHaveLength(6);
    for (const place of frames.keys()) {
      const without = [...frames.slice(0, place), ...frames.slice(place + 1)];
      if (place < frames.length - 1)
        await refused(join([headOf(journal), ...without.map(bytesOf)]), `no frame ${place}`);
      const twice = [...frames.slice(0, place + 1), ...frames.slice(place)];
      await refused(join([headOf(journal), ...twice.map(bytesOf)]), `frame ${place} twice`);
      const later = frames.slice(place + 1);
      if (later.length > 0) await refused(join([headOf(journal), ...later.map(bytesOf)]), `cut off up to ${place}`);
      const [one, other] = [frames[place], frames[place + 1]];
      if (one && other) {
        const swapped = frames.map((frame) => (frame === one ? other : frame === other ? one : frame));
        await refused(join([headOf(journal), ...swapped.map(bytesOf)]), `frames ${place} and the next exchanged`);
      }
    }
  });

  it('is refused when old records are put back in new frames, at the end or in place of all', async () => {
    const [first, second, third] = framesIn(before);
    const end = framesIn(journal).at(-1);
    for (const old of [first, second, third]) {
      const frame = forge(end!.frame.number + 1, [old!], end!.frame.chain);
      await refused(join([journal, frame]), 'put back at the end');
    }
    const all = forge(end!.frame.number, framesIn(before), end!.frame.chain);
    await refused(join([headOf(journal), all]), 'in place of all');
    await refused(join([headOf(journal), forge(1, framesIn(before), first!.frame.chain)]), 'from the first number on');
  });

  it('is refused when material of a destroyed or of another object is put back', async () => {
    const [, old] = framesIn(before);
    const now = framesIn(journal)[1]!;
    const material = old!.frame.entries.find((entry) => entry.kind === 'material')!;
    const bent = Uint8Array.from(journal);
    if (material.kind !== 'material') throw new Error('no material');
    // Put back where it was, it is overwritten again: the record of its end is there.
    bent.set(material.sealed, now.startBytes + material.material.offsetBytes);
    await overwrite(files, PATH, bent);
    const { store } = await openStore(files, 2);
    expect(store.find(B as KeyId)?.material).toBeNull();
    await store.close();
    expect(await contentOf(files, PATH)).toEqual(journal);
    const other = Uint8Array.from(journal);
    other.set(material.sealed, framesIn(journal)[0]!.startBytes + material.material.offsetBytes);
    await refused(other, "in another object's place");
  });

  it('is refused when living material was overwritten as if it were destroyed', async () => {
    const [first] = framesIn(journal);
    const material = first!.frame.entries.find((entry) => entry.kind === 'material')!;
    if (material.kind !== 'material') throw new Error('no material');
    const at = first!.startBytes + material.material.offsetBytes;
    await refused(Uint8Array.from(journal).fill(0xde, at, at + material.sealed.length), 'overwritten');
  });

  it('is refused when its head is of another journal of the store, or its first frames are gone with it', async () => {
    await overwrite(files, PATH, journal);
    const { store } = await openStore(files, 2);
    await store.compact();
    await store.add(keyOf('d', 4));
    await store.close();
    const compacted = (await contentOf(files, PATH))!;
    const [snapshot, later] = framesIn(compacted);
    await refused(join([headOf(journal), snapshot!.bytes, later!.bytes]), 'an old head');
    await refused(join([headOf(compacted), later!.bytes]), 'no snapshot');
    await refused(headOf(compacted), 'nothing but the head');
    await refused(join([headOf(compacted), ...framesIn(before).map(bytesOf)]), 'old frames under the new head');
  });

  it('is opened when it is put back whole: from inside that cannot be told', async () => {
    await overwrite(files, PATH, before);
    const { store } = await openStore(files, 2);
    expect(store.find(A as KeyId)?.state).toBe('Active');
    await store.close();
  });
});
