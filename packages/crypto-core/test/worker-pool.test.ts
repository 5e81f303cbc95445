import { afterAll, describe, expect, it } from 'vitest';
import { Dek, Kek, nativeEngine, pooledEngine } from '../src/index.js';
import { fillKeySlot } from '../src/pool/key-slot.js';
import type { FromWorker, ToWorker } from '../src/pool/messages.js';
import { WorkerPool, type WorkerThread } from '../src/pool/worker-pool.js';
import { WorkerSide } from '../src/pool/worker-side.js';

const KEY = Uint8Array.from({ length: 64 }, (_, index) => index * 3 + 1);
const refusal = (code: string, part = '') =>
  expect.objectContaining({ name: 'CryptoError', code, message: expect.stringContaining(part) });
const fill = (units: Uint8Array) => {
  for (let at = 0; at < units.length; at++) units[at] = at * 13 + (at >> 9);
};

/** A worker without a thread: its side handles messages a tick later, until a test breaks it. */
class TickWorker implements WorkerThread {
  readonly told: ToWorker[] = [];
  readonly #side: WorkerSide;
  readonly #listeners = new Map<string, (argument: never) => void>();
  isHolding = true;
  hangs = false;

  constructor(window: number, workers: number) {
    this.#side = new WorkerSide({ window, workers });
  }

  postMessage(message: ToWorker): void {
    this.told.push(message);
    queueMicrotask(() => {
      if (this.hangs) return;
      this.#side.handle(message, (answer) => this.emit('message', answer));
    });
  }

  on(event: string, listener: (argument: never) => void): void {
    this.#listeners.set(event, listener);
  }

  emit(event: string, argument: FromWorker | Error | number): void {
    this.#listeners.get(event)?.(argument as never);
  }

  ref(): void {
    this.isHolding = true;
  }

  unref(): void {
    this.isHolding = false;
  }

  async terminate(): Promise<void> {
    this.emit('exit', 1);
  }
}

function tickPool(count = 3) {
  const threads: TickWorker[] = [];
  const engine = pooledEngine({
    workers: count,
    spawn: (window) => {
      const thread = new TickWorker(window, count);
      threads.push(thread);
      return thread;
    },
  });
  return { engine, threads };
}

describe('the pool with real threads', () => {
  const engine = pooledEngine({ workers: 2 });
  afterAll(() => engine.close());

  it.each([512, 4096])('gives the bytes of the native engine, %i bytes a unit', async (unitSizeBytes) => {
    const buffer = engine.allocateBuffer(4096 * 300);
    const units = buffer.subarray(4096);
    fill(units);
    const expected = units.slice();
    const cipher = engine.prepare(KEY);
    nativeEngine()
      .prepare(KEY)
      .encryptRun(expected, 2n ** 53n - 5n, unitSizeBytes);
    await cipher.encryptLargeRun(units, 2n ** 53n - 5n, unitSizeBytes);
    expect(Buffer.compare(units, expected)).toBe(0);
    await cipher.decryptLargeRun(units, 2n ** 53n - 5n, unitSizeBytes);
    fill(expected);
    expect(Buffer.compare(units, expected)).toBe(0);
    cipher.dispose();
  });

  it('keeps the order of runs over the same bytes, not waited for one by one', async () => {
    const units = engine.allocateBuffer(1_048_576);
    fill(units);
    const before = units.slice();
    const cipher = engine.prepare(KEY);
    const settled: number[] = [];
    const runs = [1n, 2n, 3n].map((unit, index) =>
      cipher.encryptLargeRun(units, unit, 512).then(() => settled.push(index)),
    );
    const back = [3n, 2n, 1n].map((unit, index) =>
      cipher.decryptLargeRun(units, unit, 512).then(() => settled.push(3 + index)),
    );
    await Promise.all([...runs, ...back]);
    expect(settled).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Buffer.compare(units, before)).toBe(0);
  });
});

describe('the pool', () => {
  it('does small runs, foreign memory and long units at once, without a worker', async () => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const own = engine.allocateBuffer(400_000);
    const cases = [
      { units: own.subarray(0, 512), unitSizeBytes: 512 },
      { units: new Uint8Array(524_288), unitSizeBytes: 512 },
      { units: own.subarray(0, 393_216), unitSizeBytes: 131_072 },
    ];
    for (const { units, unitSizeBytes } of cases) {
      const expected = units.slice();
      nativeEngine().prepare(KEY).encryptRun(expected, 9n, unitSizeBytes);
      await cipher.encryptLargeRun(units, 9n, unitSizeBytes);
      expect(Buffer.compare(units, expected)).toBe(0);
      await cipher.decryptLargeRun(units, 9n, unitSizeBytes);
      expect(units.every((byte) => byte === 0)).toBe(true);
    }
    expect(threads.flatMap(({ told }) => told.map(({ type }) => type))).toEqual(['PREPARE', 'PREPARE', 'PREPARE']);
  });

  it('has the synchronous calls of any engine', () => {
    const { engine } = tickPool();
    expect([engine.name, engine.workers]).toEqual(['pooled', 3]);
    const cipher = engine.prepare(KEY);
    const [units, tweak] = [new Uint8Array(33), new Uint8Array(16)];
    cipher.encryptUnit(units, tweak);
    expect(units.some((byte) => byte !== 0)).toBe(true);
    cipher.decryptUnit(units, tweak);
    cipher.encryptRun(units.subarray(0, 32), 1n, 16);
    cipher.decryptRun(units.subarray(0, 32), 1n, 16);
    expect(units).toEqual(new Uint8Array(33));
  });

  it('refuses what the native engine refuses, before any worker hears of it', async () => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const units = engine.allocateBuffer(524_288);
    await expect(cipher.encryptLargeRun(units, 2n ** 64n - 1n, 512)).rejects.toEqual(refusal('UNIT_RANGE'));
    await expect(cipher.encryptLargeRun(units, 0n, 500)).rejects.toEqual(refusal('UNIT_SIZE'));
    cipher.dispose();
    cipher.dispose();
    await expect(cipher.decryptLargeRun(units, 0n, 512)).rejects.toEqual(refusal('DISPOSED'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(threads[0]?.told.map(({ type }) => type)).toEqual(['PREPARE', 'DISPOSE']);
  });

  it('leaves no key in the slot on which it travelled', async () => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const slots = threads.flatMap(({ told }) =>
      told.flatMap((message) => (message.type === 'PREPARE' ? [message.slot] : [])),
    );
    expect(new Set(slots).size).toBe(1);
    expect(new Uint8Array(slots[0]!, 4)).toEqual(KEY);
    await new Promise((resolve) => setImmediate(resolve));
    expect(new Uint8Array(slots[0]!, 4)).toEqual(new Uint8Array(64));
    for (const thread of threads) thread.hangs = true;
    engine.prepare(KEY);
    engine.prepare(KEY);
    cipher.dispose();
  });

  it('decrypts in its threads what a Dek encrypted there', async () => {
    const { engine } = tickPool();
    const kek = Kek.take(new Uint8Array(32));
    const draw = () => KEY.slice();
    const { dek } = Dek.make({ engine, draw, kek, binding: {}, iv: new Uint8Array(16) });
    const units = engine.allocateBuffer(524_288);
    await dek.encryptLargeRun(units, 0n, 4096);
    expect(units.some((byte) => byte !== 0)).toBe(true);
    await dek.decryptLargeRun(units, 0n, 4096);
    expect(units.every((byte) => byte === 0)).toBe(true);
  });

  it('clears slots that no worker will take when it closes, twice if asked', async () => {
    const { engine, threads } = tickPool();
    for (const thread of threads) thread.hangs = true;
    engine.prepare(KEY);
    await engine.close();
    await engine.close();
    const message = threads[0]?.told[0];
    expect(message?.type === 'PREPARE' && new Uint8Array(message.slot, 4)).toEqual(new Uint8Array(64));
  });

  it('holds the process only while a run is in its threads', async () => {
    const { engine, threads } = tickPool();
    const holding = () => threads.map(({ isHolding }) => isHolding);
    expect(holding()).toEqual([false, false, false]);
    const run = engine.prepare(KEY).encryptLargeRun(engine.allocateBuffer(524_288), 0n, 512);
    await Promise.resolve();
    expect(holding()).toEqual([true, true, true]);
    await run;
    expect(holding()).toEqual([false, false, false]);
  });

  it('hands the error of a worker to the caller and goes on', async () => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const units = engine.allocateBuffer(524_288);
    await new Promise((resolve) => setImmediate(resolve));
    threads[1]?.postMessage({ type: 'DISPOSE', cipherId: 1 });
    await expect(cipher.encryptLargeRun(units, 0n, 512)).rejects.toEqual(refusal('WORKER_FAILED', 'never given'));
    const other = engine.prepare(KEY);
    await expect(other.encryptLargeRun(units, 0n, 512)).resolves.toBeUndefined();
  });

  it.each([
    ['error', new Error('out of memory'), 'out of memory'],
    ['exit', 7, 'code 7'],
  ] as const)('rejects the run in it and all later ones after an %s of a thread', async (event, argument, part) => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const units = engine.allocateBuffer(524_288);
    for (const thread of threads) thread.hangs = true;
    const runs = [cipher.encryptLargeRun(units, 0n, 512), cipher.encryptLargeRun(units, 0n, 512)];
    await Promise.resolve();
    threads[2]?.emit(event, argument);
    for (const run of runs) await expect(run).rejects.toEqual(refusal('WORKER_FAILED', part));
    threads[0]?.emit('message', { type: 'DONE' });
  });

  it('rejects what waits when it is closed', async () => {
    const { engine, threads } = tickPool();
    const cipher = engine.prepare(KEY);
    const units = engine.allocateBuffer(524_288);
    for (const thread of threads) thread.hangs = true;
    const run = cipher.encryptLargeRun(units, 0n, 512);
    await Promise.resolve();
    await Promise.all([engine.close(), expect(run).rejects.toEqual(refusal('WORKER_FAILED', 'closed'))]);
  });

  it('wants a whole number of workers', () => {
    for (const workers of [0, 1.5]) expect(() => new WorkerPool({ workers })).toThrow('1 or more workers');
  });

  it('a worker forgets a key that it is told of twice', () => {
    const side = new WorkerSide({ window: 1, workers: 1 });
    const answers: FromWorker[] = [];
    const tell = (message: ToWorker) => side.handle(message, (answer) => answers.push(answer));
    tell({ type: 'PREPARE', cipherId: 1, slot: fillKeySlot(KEY) });
    tell({ type: 'DISPOSE', cipherId: 1 });
    tell({ type: 'DISPOSE', cipherId: 1 });
    expect(answers).toEqual([]);
  });
});
