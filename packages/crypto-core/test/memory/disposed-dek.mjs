// A process of its own: makes a DEK on one engine, works with it, disposes of it, and says how many copies of its four
// quarters are in memory before and after. Arguments: engine, file for a heap snapshot. Needs --expose-gc.
import { randomBytes } from 'node:crypto';
import { writeHeapSnapshot } from 'node:v8';
import { Dek, Kek, nativeEngine, perUnitEngine, pooledEngine, portableEngine } from '../../dist/index.js';
import { findInOwnMemory } from './find-in-own-memory.mjs';

const ENGINES = {
  native: nativeEngine,
  portable: portableEngine,
  'per-unit': perUnitEngine,
  pooled: () => pooledEngine({ workers: 2 }),
};
const [, , name, snapshot] = process.argv;
const [masked, mask] = [randomBytes(64), randomBytes(64)];
const copies = () => findInOwnMemory(masked, mask, 16);
const settle = async () => {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
};

async function work(engine) {
  const kek = Kek.take(new Uint8Array(randomBytes(32)));
  const draw = (lengthBytes) => {
    const key = new Uint8Array(new ArrayBuffer(lengthBytes));
    for (let at = 0; at < lengthBytes; at++) key[at] = masked[at] ^ mask[at];
    return key;
  };
  const made = Dek.make({ engine, draw, kek, binding: { unit: '512' }, iv: randomBytes(16) });
  made.dek.dispose();
  const { dek } = Dek.unseal({ engine, kek, locked: made.locked });
  const units = engine.allocateBuffer(524_288);
  for (let round = 0; round < 20; round++) {
    dek.encryptRun(units.subarray(0, 4096), BigInt(round), 512);
    await dek.encryptLargeRun(units, BigInt(round), 512);
    const binding = units.subarray(0, 8);
    dek.openPage(dek.sealPage(units.subarray(0, 96), { binding, iv: randomBytes(16) }), { binding });
  }
  await settle();
  const live = copies();
  dek.dispose();
  return live;
}

const engine = ENGINES[name]();
const live = await work(engine);
await settle();
const gone = copies();
writeHeapSnapshot(snapshot);
await engine.close?.();
process.stdout.write(JSON.stringify({ live, gone, masked: masked.toString('hex'), mask: mask.toString('hex') }));
