import {
  CrashLog,
  crashStates,
  FaultyFileSystem,
  MemoryFileSystem,
  type PowerCutFileSystem,
  RecordingFileSystem,
} from '@vcryptsim/simkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../src/store/journal.js';
import { objectEntry } from '../src/store/journal-format.js';
import { RootKey } from '../src/store/root-key.js';
import { cutsOfFrames } from './support/cuts-of-frames.js';
import { contentOf, overwrite } from './support/file-contents.js';
import { entropyOf } from './support/world.js';

const PATH = '/store/journal';
const FACTS = new TextEncoder().encode('00000000-0000-4000-8000-000000000001 and more');
const record = (text: string) => ({
  entries: objectEntry(new TextEncoder().encode(text)),
  materials: new Uint8Array(0),
});
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const nothing = { onDurable: () => {} };
const durable = (onDurable: () => void) => ({ onDurable });

let files: MemoryFileSystem;
let rootKey: RootKey;
beforeEach(async () => {
  files = new MemoryFileSystem();
  await files.mkdir('/store');
  const keys = new MemoryFileSystem();
  rootKey = await RootKey.load({ files: keys, path: '/root.key', mayCreate: true, entropy: entropyOf() });
});

type Place = MemoryFileSystem | FaultyFileSystem | RecordingFileSystem | PowerCutFileSystem;
const at = (place: Place, onRefused = () => {}) => ({ files: place, path: PATH, rootKey, onRefused });
const create = (place: Place, onRefused?: () => void) =>
  Journal.create({ ...at(place, onRefused), facts: FACTS, lastNumber: 0 });

async function open(place: MemoryFileSystem) {
  const texts: string[] = [];
  const { journal, tornBytes } = await Journal.open(
    at(place),
    () => {},
    ({ frame }) =>
      void texts.push(...frame.entries.map((entry) => (entry.kind === 'object' ? textOf(entry.record) : ''))),
  );
  return { journal, tornBytes, texts };
}

async function textsIn(place: MemoryFileSystem): Promise<string[]> {
  const { journal, texts } = await open(place);
  await journal.close();
  return texts;
}

const rewrite = (journal: Journal, texts: () => readonly string[]) =>
  journal.rewrite(
    async (out) => {
      for (const text of texts()) await out.add(record(text), { objects: 1, landed: () => {} });
    },
    () => {},
  );

describe('a journal', () => {
  it('gives back its facts and records in order, and goes on', async () => {
    const first = await create(files);
    await first.append(record('a'), nothing);
    await Promise.all([first.append(record('b'), nothing), first.append(record(''), nothing)]);
    await first.close();
    const { journal, texts, tornBytes } = await open(files);
    expect(journal.facts).toEqual(FACTS);
    expect(texts).toEqual(['a', 'b', '']);
    expect(tornBytes).toBe(0);
    await journal.append(record('c'), nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'b', '', 'c']);
  });

  it('says that a record is durable after its fsync, and shares one fsync between those that come together', async () => {
    const seen: string[] = [];
    const recording = new RecordingFileSystem(files, { onOperation: ({ kind }) => seen.push(kind) });
    const journal = await create(recording);
    seen.length = 0;
    const appends = ['a', 'b', 'c', 'd'].map((text) =>
      journal.append(
        record(text),
        durable(() => seen.push(`durable ${text}`)),
      ),
    );
    await Promise.all(appends);
    expect(seen).toEqual(['write', 'fsync', 'durable a', 'write', 'fsync', 'durable b', 'durable c', 'durable d']);
    await journal.close();
  });

  it('holds only the snapshot after a rewrite, and numbers its frames on', async () => {
    const journal = await create(files);
    await journal.append(record('old secret'), nothing);
    const before = journal.lastNumber;
    await rewrite(journal, () => ['new']);
    await journal.append(record('later'), nothing);
    expect(journal.lastNumber).toBe(before + 2);
    await journal.close();
    expect(await textsIn(files)).toEqual(['new', 'later']);
    expect(await files.readdir('/store')).toEqual(['journal']);
    expect(textOf((await contentOf(files, PATH))!)).not.toContain('old secret');
  });

  it('asks for the snapshot when every append before it is durable, once for calls that come together', async () => {
    const journal = await create(files);
    const landed: string[] = [];
    let asked = 0;
    const snapshot = () => {
      asked += 1;
      return [...landed];
    };
    const append = journal.append(
      record('a'),
      durable(() => landed.push('a')),
    );
    await Promise.all([append, rewrite(journal, snapshot), rewrite(journal, snapshot)]);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a']);
    expect(asked).toBe(1);
  });
});

describe('a journal after a cut', () => {
  it('has every record that was durable, at every place of the cut', async () => {
    const log = new CrashLog(files);
    const durableAt: { text: string; afterOperation: number }[] = [];
    const journal = await create(log.files);
    const madeAfter = log.operations.length;
    const note = (text: string) => durable(() => durableAt.push({ text, afterOperation: log.operations.length }));
    await journal.append(record('a'), note('a'));
    await Promise.all([journal.append(record('b'), note('b')), journal.append(record('c'), note('c'))]);
    await rewrite(journal, () => ['a', 'b', 'c']);
    await journal.append(record('d'), note('d'));
    await journal.close();
    let states = 0;
    for (const state of crashStates(log, { tornAt: cutsOfFrames, subsets: 4 })) {
      if (state.afterOperation < madeAfter && (await contentOf(state.files, PATH)) === null) continue;
      const promised = durableAt.filter((one) => one.afterOperation <= state.afterOperation).map((one) => one.text);
      const found = await textsIn(state.files);
      expect(found.slice(0, promised.length), state.name).toEqual(promised);
      expect(['a', 'b', 'c', 'd'].slice(0, found.length), state.name).toEqual(found);
      expect(await textsIn(state.files), `${state.name}, opened again`).toEqual(found);
      states += 1;
    }
    expect(states).toBeGreaterThan(60);
  });

  it('says how much of a last write it cut off', async () => {
    const journal = await create(files);
    await journal.append(record('whole'), nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const torn = new Uint8Array(whole.length + 20);
    torn.set(whole);
    torn.set(whole.subarray(-20), whole.length);
    await overwrite(files, PATH, torn);
    const { journal: again, tornBytes } = await open(files);
    expect(tornBytes).toBe(20);
    await again.close();
    expect(await contentOf(files, PATH)).toEqual(whole);
  });
});

describe('a damaged journal', () => {
  it('is refused, and left as it is, for a changed byte anywhere before its last frame', async () => {
    const journal = await create(files);
    for (const text of ['first', 'second', 'third']) await journal.append(record(text), nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const lastFrame = whole.length - (28 + 5 + 'third'.length + 64);
    for (let place = 0; place < lastFrame; place++) {
      const bent = Uint8Array.from(whole);
      bent[place] = (bent[place] ?? 0) ^ 0x10;
      await overwrite(files, PATH, bent);
      await expect(open(files), `byte ${place}`).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      expect(await contentOf(files, PATH)).toEqual(bent);
    }
  });

  it('is refused when a frame was taken out or stands twice', async () => {
    const journal = await create(files);
    await journal.append(record('first'), nothing);
    const from = journal.lengthBytes;
    await journal.append(record('second'), nothing);
    const to = journal.lengthBytes;
    await journal.append(record('third'), nothing);
    await journal.close();
    const whole = (await contentOf(files, PATH))!;
    const cutOut = Uint8Array.from([...whole.subarray(0, from), ...whole.subarray(to)]);
    const doubled = Uint8Array.from([...whole.subarray(0, to), ...whole.subarray(from)]);
    for (const bad of [cutOut, doubled, new Uint8Array(0), whole.subarray(0, 20)]) {
      await overwrite(files, PATH, bad);
      await expect(open(files)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
  });
});

describe('a journal without room', () => {
  it('refuses what does not fit and all that waits behind it, and goes on when there is room', async () => {
    const faulty = new FaultyFileSystem(files);
    let refusals = 0;
    const journal = await create(faulty, () => refusals++);
    await journal.append(record('a'), nothing);
    const mend = faulty.set({ kind: 'no-space', afterBytes: 30 });
    const outcomes = await Promise.allSettled(['b', 'c', 'd'].map((text) => journal.append(record(text), nothing)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(outcomes[0]).toMatchObject({ reason: { code: 'STORE_UNWRITABLE' } });
    expect(refusals).toBe(1);
    mend();
    await journal.append(record('e'), nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'e']);
  });

  it('keeps the old journal when a rewrite fails', async () => {
    const faulty = new FaultyFileSystem(files);
    const journal = await create(faulty);
    await journal.append(record('a'), nothing);
    const mend = faulty.set({ kind: 'no-space', afterBytes: 10 });
    await expect(rewrite(journal, () => ['z'])).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    mend();
    await journal.append(record('b'), nothing);
    await journal.close();
    expect(await textsIn(files)).toEqual(['a', 'b']);
    expect(await files.readdir('/store')).toEqual(['journal']);
  });

  it('takes no more writes once an fsync failed, because nobody knows what is on the medium', async () => {
    const faulty = new FaultyFileSystem(files);
    const journal = await create(faulty);
    faulty.set({ kind: 'io-error', atCall: 2 });
    await expect(journal.append(record('a'), nothing)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(journal.append(record('b'), nothing)).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await journal.close();
  });
});
