// What operations on the store cost at n objects and at 2n, in file calls and bytes: Destroy costs the same at both.
import type { FileHandle, KeyId, OpenOptions } from '@vcryptsim/ports';
import { type FileOperation, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { writeBackup } from '../src/backup/write-backup.js';
import { KeyMaterial } from '../src/objects/key-material.js';
import { overwrite } from './support/file-contents.js';
import { entropyOf, keyOf, openStore, standingClock } from './support/world.js';

interface Cost {
  calls: number;
  written: number;
  reads: number;
  read: number;
  /** The longest part of a file that was in memory at once. */
  longest: number;
}

/** Files that count what is read. */
class CountingFiles extends MemoryFileSystem {
  cost: Cost | null = null;

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const handle = await super.open(path, options);
    const pread = async (buffer: Uint8Array, offsetBytes: number) => {
      const count = await handle.pread(buffer, offsetBytes);
      if (this.cost) {
        this.cost.reads += 1;
        this.cost.read += count;
        this.cost.longest = Math.max(this.cost.longest, buffer.length);
      }
      return count;
    };
    return {
      pread,
      pwrite: (buffer, offsetBytes) => handle.pwrite(buffer, offsetBytes),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      fsync: () => handle.fsync(),
      sizeBytes: () => handle.sizeBytes(),
      close: () => handle.close(),
    };
  }
}

async function costs(n: number) {
  const files = new CountingFiles();
  const none: Cost = { calls: 0, written: 0, reads: 0, read: 0, longest: 0 };
  const cost: Cost = { ...none };
  files.cost = cost;
  const onOperation = (operation: FileOperation) => {
    cost.calls += 1;
    if (operation.kind === 'write') cost.written += operation.bytes.length;
  };
  const recording = new RecordingFileSystem(files, { onOperation });
  const { store } = await openStore(recording);
  const measure = async (work: () => Promise<unknown>): Promise<Cost> => {
    Object.assign(cost, none);
    await work();
    return { ...cost };
  };
  const idOf = (place: number) => `key ${String(place).padStart(6, '0')}`;
  for (let place = 0; place < n; place++) await store.add(keyOf(idOf(place), place % 256));
  const create = await measure(() => store.add(keyOf('one more', 1)));
  const destroyed: Cost[] = [];
  for (let place = 0; place < 8; place++) {
    const end = () =>
      store.change(idOf(place) as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
    destroyed.push(await measure(end));
  }
  const destroyAll = await measure(async () => {
    for (let place = 8; place < n; place++) {
      await store.change(idOf(place) as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
    }
  });
  await store.close();
  await overwrite(files, '/kms/audit.jsonl', new Uint8Array(0));
  const start = await measure(async () => (await openStore(recording, 2)).store.close());
  const o = { folder: '/kms', rootKeyPath: '/kms/root.key', out: '/safe.tar', clock: standingClock() };
  const backup = await measure(() => writeBackup({ ...o, files: recording, entropy: entropyOf(3) }));
  return { create, destroyed, destroyAll, start, backup };
}

describe('the cost of a store', () => {
  it('is the same for Create and Destroy at n and 2n objects, and in proportion for all of them and for a backup', async () => {
    const [one, two] = [await costs(400), await costs(800)];
    expect(two.create).toEqual(one.create);
    expect(one.create.calls).toBe(2);
    expect(two.destroyed).toEqual(one.destroyed);
    // A record and its fsync, the material overwritten and its fsync.
    for (const cost of one.destroyed) expect(cost.calls).toBe(4);
    for (const cost of one.destroyed) expect(cost.written).toBeLessThan(1500);
    expect(two.destroyAll.written).toBeLessThan(2.2 * one.destroyAll.written);
    expect(two.destroyAll.calls).toBeLessThan(2.2 * one.destroyAll.calls);
    for (const { start } of [one, two]) expect([start.calls, start.written]).toEqual([0, 0]);
    expect(two.start.read).toBeLessThan(2.2 * one.start.read);
    expect(two.start.reads).toBeLessThan(2.2 * one.start.reads);
    expect(two.backup.read).toBeLessThan(2.2 * one.backup.read);
    expect(two.backup.written).toBeLessThan(2.2 * one.backup.written);
  });

  it('is a window of memory for a start, a backup and a rewriting, however long the journal is', async () => {
    const files = new CountingFiles();
    const { store } = await openStore(files);
    const opaque = (place: number) => ({
      id: `big ${place}` as KeyId,
      material: KeyMaterial.take(new Uint8Array(300_000)),
    });
    for (let place = 0; place < 24; place++) await store.add({ ...keyOf('big', 1), ...opaque(place) });
    const cost: Cost = { calls: 0, written: 0, reads: 0, read: 0, longest: 0 };
    files.cost = cost;
    await store.compact();
    expect(cost.read).toBeGreaterThan(7_000_000);
    await store.close();
    await (await openStore(files, 2)).store.close();
    files.cost = null;
    await overwrite(files, '/kms/audit.jsonl', new Uint8Array(0));
    files.cost = cost;
    const o = { folder: '/kms', rootKeyPath: '/kms/root.key', out: '/safe.tar', clock: standingClock() };
    await writeBackup({ ...o, files, entropy: entropyOf(3) });
    expect(cost.read).toBeGreaterThan(3 * 7_000_000);
    // Frames of a rewritten journal are about a megabyte long.
    expect(cost.longest).toBeLessThan(1.5 * 1024 * 1024);
  });
});
