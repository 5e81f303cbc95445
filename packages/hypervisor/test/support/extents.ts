// Extents of every kind on files of a test's own.
import { Dek, Kek, nativeEngine } from '@vcryptsim/crypto-core';
import { type FileSystem, type SectorCount, sectorCount } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { VmFolder } from '../../src/datastore/vm-folder.js';
import { CowdExtent } from '../../src/disk/cowd-extent.js';
import { openChain } from '../../src/disk/disk-chain.js';
import type { Extent } from '../../src/disk/extent.js';
import { ExtentFile } from '../../src/disk/extent-file.js';
import { FlatExtent } from '../../src/disk/flat-extent.js';
import { KEY, pattern } from './lab.js';

/** A folder of a VM at `/web`, made if it is not there. */
export async function folderOn(files: FileSystem = new MemoryFileSystem(), path = '/web'): Promise<VmFolder> {
  await files.mkdir(path).catch(() => {});
  return new VmFolder(files, 'ds1', 'web', path);
}

/** A flat extent of holes. */
export async function newFlat(folder: VmFolder, capacity: SectorCount, fileName = 'web-flat.vmdk'): Promise<Extent> {
  const file = new ExtentFile(await folder.createFile(fileName), folder.shown(fileName));
  await file.truncate(capacity * 512);
  return new FlatExtent(file, capacity);
}

/** A flat extent that is there. */
export async function openFlat(folder: VmFolder, capacity: SectorCount, fileName = 'web-flat.vmdk'): Promise<Extent> {
  return new FlatExtent(new ExtentFile(await folder.openFile(fileName, 'write'), folder.shown(fileName)), capacity);
}

/** A delta extent in which nothing is. */
export async function newDelta(folder: VmFolder, capacity: SectorCount, number = 1): Promise<CowdExtent> {
  await CowdExtent.create(folder, deltaName(number), capacity);
  return openDelta(folder, capacity, number);
}

/** A delta extent that is there. */
export function openDelta(folder: VmFolder, capacity: SectorCount, number = 1): Promise<CowdExtent> {
  return CowdExtent.open(folder, deltaName(number), capacity, 'write');
}

export function deltaName(number: number): string {
  return `web-${String(number).padStart(6, '0')}-delta.vmdk`;
}

/** A chain of a flat base and so many deltas. */
export async function newChain(folder: VmFolder, capacity: SectorCount, deltas: number): Promise<Extent> {
  let links: [Extent, ...Extent[]] = [await newFlat(folder, capacity)];
  for (let number = 1; number <= deltas; number++) links = [await newDelta(folder, capacity, number), ...links];
  return openChain(links);
}

/** What an extent reads as, whole. */
export async function contentOf(extent: Extent): Promise<Uint8Array> {
  const bytes = new Uint8Array(extent.capacity * 512).fill(0xee);
  await extent.read(bytes, 0);
  return bytes;
}

/** A DEK of a test. */
export function testDek(salt = 5): Dek {
  const kek = Kek.take(KEY.bytes.slice());
  const draw = (lengthBytes: number): Uint8Array => pattern(lengthBytes, salt);
  return Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: new Uint8Array(16) }).dek;
}

export const sectors = sectorCount;
