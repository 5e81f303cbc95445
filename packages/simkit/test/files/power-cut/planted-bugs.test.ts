// A tiny store with a journal, right and with one thing wrong each time. The model is worth something only if every
// wrong one loses data in some state, and the right one in none.
import { FileError, type FileHandle, type FileSystem, readWhole } from '@vcryptsim/ports';
import { CrashLog, type CrashOptions, crashStates, failingCalls, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const BUGS = [
  'append is not synced',
  'name of a new journal is not synced',
  'snapshot is renamed before it is synced',
  'folder is not synced after the rename',
  'old journal is removed before the new one has its name',
  'snapshot is written in place',
  'journal and snapshot are written without a sync between',
  'fsync is tried again after an error',
  'append has no checksum',
] as const;
type Bug = (typeof BUGS)[number];

const RECORD_BYTES = 700;

/** Records of a fixed length: filled with their number, and a checksum of 32 bits at the end. */
function record(number: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES).fill(number);
  new DataView(bytes.buffer).setUint32(RECORD_BYTES - 4, sumOf(bytes));
  return bytes;
}

/** FNV-1a over all but the last four bytes. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes.subarray(0, RECORD_BYTES - 4)) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return sum;
}

function isSound(bytes: Uint8Array): boolean {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(RECORD_BYTES - 4) === sumOf(bytes);
}

class TinyStore {
  readonly #count: { value: number };

  private constructor(
    readonly files: FileSystem,
    readonly bug: Bug | null,
    private handle: FileHandle,
    count: number,
  ) {
    this.#count = { value: count };
  }

  /** Opens what is there, cuts a torn end off, and answers the records. */
  static async open(files: FileSystem, bug: Bug | null = null): Promise<{ store: TinyStore; records: number[] }> {
    const handle = await files.open('/s/journal', { access: 'write', create: 'if-missing' });
    if (bug !== 'name of a new journal is not synced') await files.fsyncFolder('/s');
    const bytes = await readWhole(files, '/s/journal', 1 << 20);
    const records: number[] = [];
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const one = bytes.subarray(at, at + RECORD_BYTES);
      if (bug !== 'append has no checksum' && !isSound(one)) break;
      records.push(isSound(one) ? (one[0] ?? 0) : -1);
    }
    await handle.truncate(records.length * RECORD_BYTES);
    return { store: new TinyStore(files, bug, handle, records.length), records };
  }

  async append(number: number): Promise<void> {
    await this.handle.pwrite(record(number), this.#count.value * RECORD_BYTES);
    if (this.bug === 'append is not synced') return;
    await this.#sync(this.handle);
    this.#count.value += 1;
  }

  /** Writes all anew: beside, synced, renamed over. */
  async compact(records: readonly number[]): Promise<void> {
    if (this.bug === 'snapshot is written in place') {
      await this.handle.truncate(0);
      for (const [index, number] of records.entries()) await this.handle.pwrite(record(number), index * RECORD_BYTES);
      await this.handle.fsync();
      return;
    }
    const isMixed = this.bug === 'journal and snapshot are written without a sync between';
    const isEarly = this.bug === 'snapshot is renamed before it is synced';
    const next = await this.files.open('/s/journal.new', { access: 'write', create: 'if-missing' });
    for (const [index, number] of records.entries()) await next.pwrite(record(number), index * RECORD_BYTES);
    if (!isMixed && !isEarly) await this.#sync(next);
    if (this.bug === 'old journal is removed before the new one has its name') {
      await this.files.unlink('/s/journal');
      await this.files.fsyncFolder('/s');
    }
    await this.files.rename('/s/journal.new', '/s/journal');
    if (this.bug !== 'folder is not synced after the rename') await this.files.fsyncFolder('/s');
    if (isEarly) await next.fsync();
    await this.handle.close();
    this.handle = next;
    this.#count.value = records.length;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async #sync(handle: FileHandle): Promise<void> {
    if (this.bug !== 'fsync is tried again after an error') return handle.fsync();
    await handle.fsync().catch(() => handle.fsync());
  }
}

/** What was answered by which operation on; a state after it must have it. */
interface Promised {
  readonly afterOperation: number;
  readonly records: readonly number[];
}

async function work(log: CrashLog, bug: Bug | null): Promise<Promised[]> {
  const promised: Promised[] = [];
  const { store, records } = await TinyStore.open(log.files, bug);
  const answered = () => promised.push({ afterOperation: log.operations.length, records: [...records] });
  for (const number of [1, 2, 3]) {
    await store.append(number);
    records.push(number);
    answered();
  }
  await store.compact(records);
  answered();
  await store.append(4);
  records.push(4);
  answered();
  await store.close();
  return promised;
}

async function start(): Promise<MemoryFileSystem> {
  const memory = new MemoryFileSystem();
  await memory.mkdir('/s');
  return memory;
}

/** Names of the states in which an answered record is missing, or one is there that was never written. */
async function lostIn(log: CrashLog, promised: readonly Promised[], bug: Bug | null, options: CrashOptions = {}) {
  const lost: string[] = [];
  let states = 0;
  for (const state of crashStates(log, options)) {
    states += 1;
    const due = promised.filter(({ afterOperation }) => afterOperation <= state.afterOperation).at(-1)?.records ?? [];
    const { store, records } = await TinyStore.open(state.files, bug).catch((error: unknown) => {
      if (error instanceof FileError && error.code === 'NOT_FOUND') return { store: null, records: [] as number[] };
      throw error;
    });
    await store?.close();
    const isWhole = records.every((number, index) => number === index + 1) && records.length >= due.length;
    if (!isWhole) lost.push(state.name);
  }
  return { lost, states };
}

async function tried(bug: Bug | null) {
  const log = new CrashLog(await start());
  const promised = await work(log, bug);
  return lostIn(log, promised, bug);
}

/** The same, with every call failing once and the process going on, or dying. */
async function triedWithErrors(bug: Bug | null) {
  const lost: string[] = [];
  let states = 0;
  for (const attempt of failingCalls(await start())) {
    attempt.arm();
    const promised: Promised[] = [];
    const answered: number[] = [];
    const { log } = attempt;
    await (async () => {
      const { store } = await TinyStore.open(attempt.files, bug);
      for (const number of [1, 2]) {
        await store.append(number);
        answered.push(number);
        promised.push({ afterOperation: log.operations.length, records: [...answered] });
      }
    })().catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
    attempt.disarm();
    const found = await lostIn(log, promised, bug, { from: log.operations.length + 1, subsets: 4 });
    lost.push(...found.lost.map((name) => `${attempt.name}: ${name}`));
    states += found.states;
  }
  return { lost, states };
}

describe('a tiny store with a journal', () => {
  it('loses nothing in any crash state when it is right', async () => {
    const { lost, states } = await tried(null);
    expect(lost).toEqual([]);
    expect(states).toBeGreaterThan(150);
    const errors = await triedWithErrors(null);
    expect(errors.lost).toEqual([]);
    expect(errors.states).toBeGreaterThan(80);
  });

  it.each(BUGS)('is caught when its %s', async (bug) => {
    const { lost } = bug.startsWith('fsync is tried') ? await triedWithErrors(bug) : await tried(bug);
    expect(lost.length).toBeGreaterThan(0);
  });
});

describe('two files that belong together', () => {
  type Wrong = 'nothing' | 'one slot' | 'record first' | 'no sync of the data';

  /** 1.3 of the fact sheet: data to its place, then the record that says so, in slot A or B by turns. */
  async function run(log: CrashLog, wrong: Wrong): Promise<number[]> {
    const answeredAt: number[] = [];
    const [data, slots] = [
      await log.files.open('/data', { access: 'write' }),
      await log.files.open('/slots', { access: 'write' }),
    ];
    for (const round of [1, 2, 3]) {
      const writeData = async () => {
        await data.pwrite(new Uint8Array(1024).fill(round), (round - 1) * 1024);
        if (wrong !== 'no sync of the data') await data.fsync();
      };
      const writeRecord = async () => {
        const slot = wrong === 'one slot' ? 0 : round % 2;
        const bytes = new Uint8Array(600).fill(round);
        await slots.pwrite(bytes, slot * 1024);
        await slots.fsync();
      };
      for (const step of wrong === 'record first' ? [writeRecord, writeData] : [writeData, writeRecord]) await step();
      answeredAt.push(log.operations.length);
    }
    return answeredAt;
  }

  /** The rounds that the newest whole slot speaks of; null when no slot is whole. */
  function roundsIn(slots: Uint8Array): number | null {
    const whole = [0, 1].flatMap((slot) => {
      const bytes = slots.subarray(slot * 1024, slot * 1024 + 600);
      return bytes.every((byte) => byte === bytes[0]) ? [bytes[0] ?? 0] : [];
    });
    return whole.length === 0 ? null : Math.max(...whole);
  }

  async function lostBy(wrong: Wrong): Promise<number> {
    const memory = new MemoryFileSystem();
    for (const [path, length] of [
      ['/data', 3 * 1024],
      ['/slots', 2048],
    ] as const) {
      const handle = await memory.open(path, { access: 'write', create: 'exclusive' });
      await handle.truncate(length);
      await handle.close();
    }
    const log = new CrashLog(memory);
    const answeredAt = await run(log, wrong);
    let lost = 0;
    for (const { files, afterOperation } of crashStates(log)) {
      const answered = answeredAt.filter((at) => at <= afterOperation).length;
      const rounds = roundsIn(await readWhole(files, '/slots', 9999));
      const data = await readWhole(files, '/data', 9999);
      const isThere = (round: number) =>
        data.subarray((round - 1) * 1024, round * 1024).every((byte) => byte === round);
      const isWhole = rounds !== null && rounds >= answered && [1, 2, 3].slice(0, rounds).every(isThere);
      if (!isWhole) lost += 1;
    }
    return lost;
  }

  it('lose nothing with two slots, and something with each thing wrong', async () => {
    expect(await lostBy('nothing')).toBe(0);
    expect(await lostBy('one slot')).toBeGreaterThan(0);
    expect(await lostBy('record first')).toBeGreaterThan(0);
    expect(await lostBy('no sync of the data')).toBeGreaterThan(0);
  });
});
