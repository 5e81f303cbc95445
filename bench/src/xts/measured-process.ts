import { randomBytes } from 'node:crypto';
import { nativeEngine, perUnitEngine, pooledEngine, portableEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import type { Configuration } from './report.js';

// Entry of a process that measures one configuration, given as JSON in the first argument, and prints MB/s. A fresh
// process each time: many variants in one change the allocator's thresholds and flatter the later ones
// (facts/performance.md section 5).

const WARM_UP_MS = 60;
const MEASURE_MS = 200;
/** Small requests walk through this much memory, so that not one of them finds its bytes in the first-level cache. */
const WORKING_SET_BYTES = 1_048_576;

const configuration = JSON.parse(process.argv[2] ?? '') as Configuration;
const engine = engineOf(configuration);
await assertEqual(engine, configuration);
process.stdout.write(`${await measure(engine, configuration)}\n`);
if ('close' in engine && typeof engine.close === 'function') await engine.close();

function engineOf({ engine, workers }: Configuration): XtsEngine {
  if (engine === 'portable') return portableEngine();
  if (engine === 'naive') return perUnitEngine();
  return workers === 0 ? nativeEngine() : pooledEngine({ workers });
}

/** The engine must agree with one OpenSSL cipher for each unit, on random data round 2^32, before anything is timed. */
async function assertEqual(engine: XtsEngine, { unit, direction, request }: Configuration): Promise<void> {
  const key = randomBytes(64);
  const [own, openssl] = [engine.prepare(key), perUnitEngine().prepare(key)];
  const units = engine.allocateBuffer(Math.max(Math.min(request, WORKING_SET_BYTES), unit * 7));
  randomBytes(units.length).copy(units);
  const expected = units.slice();
  const firstUnit = 2n ** 32n - 3n;
  if (direction === 'encrypt') {
    await own.encryptLargeRun(units, firstUnit, unit);
    openssl.encryptRun(expected, firstUnit, unit);
  } else {
    await own.decryptLargeRun(units, firstUnit, unit);
    openssl.decryptRun(expected, firstUnit, unit);
  }
  if (Buffer.compare(units, expected) !== 0) throw new Error(`${engine.name} differs from per-unit aes-256-xts`);
}

async function measure(engine: XtsEngine, { unit, request, workers, direction }: Configuration): Promise<number> {
  const cipher = engine.prepare(randomBytes(64));
  const buffer = engine.allocateBuffer(Math.max(request, WORKING_SET_BYTES));
  randomBytes(65_536).copy(buffer);
  const requests = buffer.length / request;
  const unitsInRequest = BigInt(request / unit);
  let index = 0;
  let firstUnit = 7n;
  const next = (): Uint8Array => {
    index = (index + 1) % requests;
    firstUnit += unitsInRequest;
    return buffer.subarray(index * request, (index + 1) * request);
  };
  const inline = (): void => {
    if (direction === 'encrypt') cipher.encryptRun(next(), firstUnit, unit);
    else cipher.decryptRun(next(), firstUnit, unit);
  };
  const pooled = (): Promise<void> => {
    if (direction === 'encrypt') return cipher.encryptLargeRun(next(), firstUnit, unit);
    return cipher.decryptLargeRun(next(), firstUnit, unit);
  };
  // Awaiting every small inline request would measure the microtask queue.
  const atATime = workers > 0 ? 1 : Math.max(1, Math.floor(65_536 / request));
  const work = async (forMs: number): Promise<number> => {
    const start = performance.now();
    let done = 0;
    do {
      if (workers > 0) await pooled();
      else for (let i = 0; i < atATime; i++) inline();
      done += atATime * request;
    } while (performance.now() - start < forMs);
    return done / (performance.now() - start) / 1000;
  };
  await work(WARM_UP_MS);
  return work(MEASURE_MS);
}
