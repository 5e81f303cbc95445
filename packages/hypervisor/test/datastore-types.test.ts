// Row S11: the type of a datastore makes no difference to what is on it.
import { createHash } from 'node:crypto';
import { sectorCount } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { Lab, readSectors, VM, webVm } from './support/lab.js';

const SECTORS = 128;
const SIZE_BYTES = SECTORS * 512;

/** Bytes that no pattern has, the same in each run. */
function noise(lengthBytes: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(lengthBytes / 32) }, (_, number) =>
    createHash('sha256').update(`noise ${number}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}

/** Zeros with these pieces in them. */
function holding(...pieces: readonly (readonly [offset: number, bytes: Uint8Array | string])[]): Uint8Array {
  const image = Buffer.alloc(SIZE_BYTES);
  for (const [offset, bytes] of pieces) image.set(Buffer.from(bytes), offset);
  return image;
}

/** What guests keep: a FAT boot sector with its two tables, an ext superblock with a bitmap, and no file system at all. */
const CONTENTS: Readonly<Record<string, Uint8Array>> = {
  'a FAT volume': holding(
    [0, Uint8Array.of(0xeb, 0x3c, 0x90)],
    [3, 'MSDOS5.0'],
    [510, Uint8Array.of(0x55, 0xaa)],
    [512, Uint8Array.of(0xf8, 0xff, 0xff, 0xff)],
    [4096, Uint8Array.of(0xf8, 0xff, 0xff, 0xff)],
    [8192, 'README  TXT'],
    [16_384, noise(9000)],
  ),
  'an ext volume': holding(
    [1024 + 0x38, Uint8Array.of(0x53, 0xef)],
    [4096, Buffer.alloc(100, 0xff)],
    [20_480, noise(3000)],
  ),
  zeros: new Uint8Array(SIZE_BYTES),
  'random bytes': noise(SIZE_BYTES),
  text: Buffer.from('The salaries of November are secret. '.repeat(2000)).subarray(0, SIZE_BYTES),
};

/** One world with one VM on a datastore; under one seed it draws the same DEKs whichever that is. */
async function world(datastore: 'ds1' | 'nfs1', dataUnitSizeBytes: 512 | 4096, content: Uint8Array) {
  const lab = await Lab.safe({ nfs: true });
  await lab.host.createVm(webVm({ datastore, disks: [{ capacity: sectorCount(SECTORS), dataUnitSizeBytes }] }));
  const read = async (buffer: Uint8Array, at: number): Promise<number> => Buffer.from(content).copy(buffer, 0, at);
  await lab.host.importDisk(VM, 2000, { sizeBytes: content.length, read });
  const path = `${datastore === 'ds1' ? lab.datastore : lab.nfs}/web/web-flat.vmdk`;
  const handle = await lab.files.open(path, { access: 'read' });
  const stored = new Uint8Array(SIZE_BYTES);
  await handle.pread(stored, 0);
  await handle.close();
  await lab.host.powerOnVm(VM);
  return {
    stored,
    seen: await readSectors(await lab.host.openDisk(VM, 2000), 0, SECTORS),
    types: await lab.host.datastores(),
  };
}

describe.each(Object.entries(CONTENTS))('%s', (_name, content) => {
  it.each([512, 4096] as const)(
    '[S11] is the same guest data and the same ciphertext on VMFS and NFS, units of %i',
    async (unit) => {
      const [vmfs, nfs] = [await world('ds1', unit, content), await world('nfs1', unit, content)];
      expect(vmfs.types.map(({ type }) => type)).toEqual(['VMFS', 'NFS']);
      for (const { seen, stored } of [vmfs, nfs]) {
        expect(Buffer.from(seen).equals(content)).toBe(true);
        // Not one unit of it is in clear.
        for (let at = 0; at < SIZE_BYTES; at += 512)
          expect(Buffer.from(stored.subarray(at, at + 512)).equals(content.subarray(at, at + 512))).toBe(false);
      }
      expect(Buffer.from(nfs.stored).equals(vmfs.stored)).toBe(true);
    },
  );
});
