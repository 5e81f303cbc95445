// A datastore with a capacity: what lies on it counts, what goes gives room back, and a power cut is counted anew.
import { FileError, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { MemoryFileSystem, VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { Disk } from '../src/faults/disk.js';

const FOLDER = '/run/datastores/ds1';
const CAPACITY_BYTES = 10_000;

async function write(files: FileSystem, name: string, lengthBytes: number): Promise<void> {
  const handle = await files.open(`${FOLDER}/${name}`, { access: 'write', create: 'if-missing' });
  try {
    await handle.pwrite(new Uint8Array(lengthBytes), await handle.sizeBytes());
    await handle.fsync();
  } finally {
    await handle.close();
  }
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error instanceof FileError ? error.code : String(error)),
  );
}

/** A disk of 10,000 bytes with files of 6,000 on it, one of them in a folder. */
async function filled(): Promise<Disk> {
  const files = new MemoryFileSystem();
  await makeFolders(files, `${FOLDER}/vm`);
  await write(files, 'one', 2000);
  await write(files, 'vm/two', 4000);
  const quota = { capacityBytes: CAPACITY_BYTES, folder: FOLDER };
  const disk = new Disk(files, new VirtualClock({ startMs: 0 }), quota);
  await disk.measure();
  return disk;
}

describe('[S11] the capacity of a datastore', () => {
  it('counts what lies on it, and takes no byte more', async () => {
    const { files } = await filled();
    expect(await files.statfs(FOLDER)).toEqual({ freeBytes: 4000 });
    expect(await codeOf(write(files, 'three', 4001))).toBe('NO_SPACE');
    await files.unlink(`${FOLDER}/three`);
    expect(await codeOf(write(files, 'four', 4000))).toBe('done');
    expect(await codeOf(write(files, 'one', 1))).toBe('NO_SPACE');
  });

  it('has room again when a file goes', async () => {
    const { files } = await filled();
    await files.unlink(`${FOLDER}/vm/two`);
    expect(await files.statfs(FOLDER)).toEqual({ freeBytes: 8000 });
  });

  it('is counted anew after its power went, and holds while a fault is set and after it', async () => {
    const disk = await filled();
    const handle = await disk.files.open(`${FOLDER}/one`, { access: 'write' });
    await handle.pwrite(new Uint8Array(3000), 2000);
    await handle.close();
    expect(await disk.files.statfs(FOLDER)).toEqual({ freeBytes: 1000 });
    await disk.lose('none');
    expect(await disk.files.statfs(FOLDER)).toEqual({ freeBytes: 4000 });
    disk.set({ mode: 'full', roomBytes: 100 });
    expect(await disk.files.statfs(FOLDER)).toEqual({ freeBytes: 100 });
    disk.clear();
    expect(await disk.files.statfs(FOLDER)).toEqual({ freeBytes: 4000 });
  });
});
