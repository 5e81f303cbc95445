import { FileError, type FileSystem, folderOf } from '@vcryptsim/ports';
import { type FileOperation, MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { grant, KEY, Lab, VM, webVm } from './support/lab.js';

/** Plays the first `count` operations into a fresh medium, the last write cut to `lastBytes` where that is given. */
async function replay(operations: readonly FileOperation[], count: number, lastBytes?: number): Promise<FileSystem> {
  const files = new MemoryFileSystem();
  for (const [index, operation] of operations.slice(0, count).entries()) {
    await play(files, operation, index === count - 1 ? lastBytes : undefined);
  }
  return files;
}

async function play(files: FileSystem, operation: FileOperation, lastBytes?: number): Promise<void> {
  switch (operation.kind) {
    case 'create':
      return (await files.open(operation.path, { access: 'write', create: 'exclusive' })).close();
    case 'write': {
      const handle = await files.open(operation.path, { access: 'write' });
      await handle.pwrite(operation.bytes.subarray(0, lastBytes), operation.offsetBytes);
      return handle.close();
    }
    case 'truncate': {
      const handle = await files.open(operation.path, { access: 'write' });
      await handle.truncate(operation.sizeBytes);
      return handle.close();
    }
    case 'rename':
      return files.rename(operation.from, operation.to);
    case 'link':
      return files.link(operation.from, operation.to);
    case 'unlink':
      return files.unlink(operation.path);
    case 'mkdir':
      return files.mkdir(operation.path);
    case 'rmdir':
      return files.rmdir(operation.path);
    case 'fsync':
    case 'fsync-folder':
      return;
  }
}

/** Records a run from the first file operation on. */
async function recorded(run: (lab: Lab, mark: () => void) => Promise<void>): Promise<[FileOperation[], number]> {
  const operations: FileOperation[] = [];
  const files = new RecordingFileSystem(new MemoryFileSystem(), {
    onOperation: (operation) => operations.push(operation),
  });
  const lab = await Lab.safe({ files });
  let start = 0;
  await run(lab, () => {
    start = operations.length;
  });
  return [operations, start];
}

/** Boots on what a cut left: no VM, or one that powers on and holds what it held. */
async function isWhole(files: FileSystem): Promise<boolean> {
  const lab = await Lab.boot({ files });
  const [vm, ...more] = await lab.host.vms();
  expect(more).toEqual([]);
  if (vm === undefined) return false;
  expect(vm).toMatchObject({ uuid: VM, cryptoState: 'locked' });
  await lab.enableCrypto();
  await lab.host.addKeys([grant(KEY)]);
  await lab.host.powerOnVm(VM);
  return true;
}

describe('a cut after any file operation', () => {
  it('of createVm leaves no registered VM or a whole one, in this order', async () => {
    const [operations, start] = await recorded(async (lab, mark) => {
      mark();
      await lab.host.createVm(webVm());
    });
    const outcomes: boolean[] = [];
    for (let count = start; count <= operations.length; count += 1) {
      outcomes.push(await isWhole(await replay(operations, count)));
      const last = operations[count - 1];
      if (last?.kind === 'write')
        expect(await isWhole(await replay(operations, count, last.bytes.length >> 1))).toBe(false);
    }
    expect(outcomes.length).toBeGreaterThan(15);
    expect(outcomes.indexOf(true), 'once whole, always whole').toBe(outcomes.lastIndexOf(false) + 1);
    expect(outcomes.at(-1)).toBe(true);
  });

  it('of createVm: everything the inventory names was made durable before it', async () => {
    const [operations] = await recorded(async (lab) => void (await lab.host.createVm(webVm())));
    const published = operations.findLastIndex(
      (operation) => operation.kind === 'write' && operation.path.endsWith('/vmInventory.log'),
    );
    expect(published).toBeGreaterThan(20);
    for (const [index, operation] of operations.slice(0, published).entries()) {
      if (operation.kind !== 'write' && operation.kind !== 'create' && operation.kind !== 'mkdir') continue;
      const between = operations.slice(index + 1, published);
      if (operation.kind === 'write') {
        expect(between, operation.path).toContainEqual({ kind: 'fsync', path: operation.path });
      } else if (!operation.path.endsWith('.new')) {
        expect(between, operation.path).toContainEqual({ kind: 'fsync-folder', path: folderOf(operation.path) });
      }
    }
  });

  it('of registerVm and unregisterVm leaves the VM registered or not, and its files whole', async () => {
    const [operations, start] = await recorded(async (lab, mark) => {
      await lab.host.createVm(webVm());
      mark();
      await lab.host.unregisterVm(VM);
      await lab.host.registerVm('[ds1] web/web.vmx');
    });
    const outcomes: boolean[] = [];
    for (let count = start; count <= operations.length; count += 1) {
      const files = await replay(operations, count);
      outcomes.push(await isWhole(files));
    }
    expect(outcomes[0]).toBe(true);
    expect(outcomes).toContain(false);
    expect(outcomes.at(-1)).toBe(true);
  });

  it('of importDisk leaves no extent or the whole one, never a part of it under its name', async () => {
    const image = Buffer.alloc(128 * 512, 'image ');
    const [operations, start] = await recorded(async (lab, mark) => {
      const [disk] = webVm().disks;
      await lab.host.createVm(webVm({ disks: disk === undefined ? [] : [{ ...disk, fill: 'later' }] }));
      mark();
      const read = async (buffer: Uint8Array, at: number): Promise<number> => image.copy(buffer, 0, at);
      await lab.host.importDisk(VM, 2000, { sizeBytes: image.length, read });
    });
    const sizes = new Set<number>();
    for (let count = start; count <= operations.length; count += 1) {
      const files = await replay(operations, count);
      const sizeBytes = await files.lstat('/lab/datastores/ds1/web/web-flat.vmdk').then(
        (status) => status.sizeBytes,
        (error: unknown) => (error instanceof FileError ? -1 : Number.NaN),
      );
      sizes.add(sizeBytes);
    }
    expect([...sizes]).toEqual([-1, image.length]);
  });
});
