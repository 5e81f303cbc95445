import { FaultyFileSystem, type FileOperation, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../src/store/journal.js';
import { contentOf, cutStates, overwrite } from './support/cut.js';

const PATH = '/store/journal';
const FACTS = Uint8Array.of(7, 7, 7);
const record = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const nothing = () => {};

let files: MemoryFileSystem;
beforeEach(async () => {
  files = new MemoryFileSystem();
  await files.mkdir('/store');
});

const at = (place: MemoryFileSystem | FaultyFileSystem | RecordingFileSystem, onRefused = nothing) => ({
  files: place,
  path: PATH,
  onRefused,
});

async function textsIn(place: MemoryFileSystem): Promise<string[]> {
  const { journal, content } = await Journal.open(at(place));
  await journal.close();
  return content.records.map(textOf);
}

describe('a journal', () => {
  it('gives back its facts and records in order, and goes on', async () => {
    const first = await Journal.create(at(files), FACTS);
    await first.append([record('a')], nothing);
    await Promise.all([first.append([record('b')], nothing), first.append([record('')], nothing)]);
    await first.close();
    const { journal, content } = await Journal.open(at(files));
    expect(content.facts).toEqual(FACTS);
    expect(content.records.map(textOf)).toEqual(['a', 'b', '']);
    expect(content.tornBytes).toBe(0);
    await journal.append([record('c')], nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'b', '', 'c']);
  });

  it('says that a record is durable after its fsync, and shares one fsync between those that come together', async () => {
    const seen: string[] = [];
    const recording = new RecordingFileSystem(files, { onOperation: ({ kind }) => seen.push(kind) });
    const journal = await Journal.create(at(recording), FACTS);
    seen.length = 0;
    const appends = ['a', 'b', 'c', 'd'].map((text) =>
      journal.append([record(text)], () => seen.push(`durable ${text}`)),
    );
    await Promise.all(appends);
    expect(seen).toEqual(['write', 'fsync', 'durable a', 'write', 'fsync', 'durable b', 'durable c', 'durable d']);
    await journal.close();
  });

  it('holds only the snapshot after a rewrite, and numbers its frames on', async () => {
    const journal = await Journal.create(at(files), FACTS);
    await journal.append([record('old secret')], nothing);
    const before = journal.lastNumber;
    await journal.rewrite(FACTS, () => [record('new')]);
    await journal.append([record('later')], nothing);
    expect(journal.lastNumber).toBe(before + 2);
    await journal.close();
    expect(await textsIn(files)).toEqual(['new', 'later']);
    expect(await files.readdir('/store')).toEqual(['journal']);
    expect(textOf((await contentOf(files, PATH))!)).not.toContain('old secret');
  });

  it('asks for the snapshot when every append before it is durable, once for calls that come together', async () => {
    const journal = await Journal.create(at(files), FACTS);
    const durable: string[] = [];
    let asked = 0;
    const snapshot = () => {
      asked += 1;
      return durable.map(record);
    };
    const append = journal.append([record('a')], () => durable.push('a'));
    await Promise.all([append, journal.rewrite(FACTS, snapshot), journal.rewrite(FACTS, snapshot)]);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a']);
    expect(asked).toBe(1);
  });
});

describe('a journal after a cut', () => {
  it('has every record that was durable, at every place of the cut', async () => {
    const operations: FileOperation[] = [];
    const durableAt: { text: string; afterOperation: number }[] = [];
    const recording = new RecordingFileSystem(files, { onOperation: (operation) => operations.push(operation) });
    const journal = await Journal.create(at(recording), FACTS);
    const madeAfter = operations.length;
    const note = (text: string) => () => durableAt.push({ text, afterOperation: operations.length });
    await journal.append([record('a')], note('a'));
    await Promise.all([journal.append([record('b')], note('b')), journal.append([record('c')], note('c'))]);
    await journal.rewrite(FACTS, () => ['a', 'b', 'c'].map(record));
    await journal.append([record('d')], note('d'));
    await journal.close();
    let states = 0;
    for await (const state of cutStates(operations, '/store')) {
      if (state.afterOperation < madeAfter && (await contentOf(state.files, PATH)) === null) continue;
      const promised = durableAt.filter((one) => one.afterOperation <= state.afterOperation).map((one) => one.text);
      const found = await textsIn(state.files);
      expect(found.slice(0, promised.length), state.what).toEqual(promised);
      expect(['a', 'b', 'c', 'd'].slice(0, found.length), state.what).toEqual(found);
      expect(await textsIn(state.files), `${state.what}, opened again`).toEqual(found);
      states += 1;
    }
    expect(states).toBeGreaterThan(60);
  });

  it('says how much of a last write it cut off', async () => {
    const journal = await Journal.create(at(files), FACTS);
    await journal.append([record('whole')], nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const torn = new Uint8Array(whole.length + 20);
    torn.set(whole);
    torn.set(whole.subarray(-20), whole.length);
    await overwrite(files, PATH, torn);
    const { journal: again, content } = await Journal.open(at(files));
    expect(content.tornBytes).toBe(20);
    await again.close();
    expect(await contentOf(files, PATH)).toEqual(whole);
  });
});

describe('a damaged journal', () => {
  it('is refused, and left as it is, for a changed byte anywhere before its last frame', async () => {
    const journal = await Journal.create(at(files), FACTS);
    for (const text of ['first', 'second', 'third']) await journal.append([record(text)], nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const lastFrame = whole.length - (48 + 4 + 'third'.length);
    for (let place = 0; place < lastFrame; place++) {
      const bent = Uint8Array.from(whole);
      bent[place] = (bent[place] ?? 0) ^ 0x10;
      await overwrite(files, PATH, bent);
      await expect(Journal.open(at(files)), `byte ${place}`).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      expect(await contentOf(files, PATH)).toEqual(bent);
    }
  });

  it('is refused when a frame was taken out or stands twice', async () => {
    const journal = await Journal.create(at(files), FACTS);
    await journal.append([record('first')], nothing);
    const from = journal.lengthBytes;
    await journal.append([record('second')], nothing);
    const to = journal.lengthBytes;
    await journal.append([record('third')], nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const cutOut = Uint8Array.from([...whole.subarray(0, from), ...whole.subarray(to)]);
    const doubled = Uint8Array.from([...whole.subarray(0, to), ...whole.subarray(from)]);
    for (const bad of [cutOut, doubled, new Uint8Array(0), whole.subarray(0, 20)]) {
      await overwrite(files, PATH, bad);
      await expect(Journal.open(at(files))).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
  });
});

describe('a journal without room', () => {
  it('refuses what does not fit and all that waits behind it, and goes on when there is room', async () => {
    const faulty = new FaultyFileSystem(files);
    let refusals = 0;
    const journal = await Journal.create(
      at(faulty, () => refusals++),
      FACTS,
    );
    await journal.append([record('a')], nothing);
    const mend = faulty.set({ kind: 'no-space', afterBytes: 30 });
    const outcomes = await Promise.allSettled(['b', 'c', 'd'].map((text) => journal.append([record(text)], nothing)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(outcomes[0]).toMatchObject({ reason: { code: 'STORE_UNWRITABLE' } });
    expect(refusals).toBe(1);
    mend();
    await journal.append([record('e')], nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'e']);
  });

  it('keeps the old journal when a rewrite fails', async () => {
    const faulty = new FaultyFileSystem(files);
    const journal = await Journal.create(at(faulty), FACTS);
    await journal.append([record('a')], nothing);
    const mend = faulty.set({ kind: 'no-space', afterBytes: 10 });
    await expect(journal.rewrite(FACTS, () => [record('z')])).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    mend();
    await journal.append([record('b')], nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'b']);
    expect(await files.readdir('/store')).toEqual(['journal']);
  });

  it('takes no more writes once an fsync failed, because nobody knows what is on the medium', async () => {
    const faulty = new FaultyFileSystem(files);
    const journal = await Journal.create(at(faulty), FACTS);
    faulty.set({ kind: 'io-error', atCall: 2 });
    await expect(journal.append([record('a')], nothing)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(journal.append([record('b')], nothing)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await journal.close();
  });
});
