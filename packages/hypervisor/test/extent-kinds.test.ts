// Eager-zeroed, lazily zeroed and thin disks: what a guest sees is the same, what the files take and show is not.
import type { CryptoSpec, DiskCreateSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { faultOf, KEY, Lab, OTHER_KEY, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';

const SECTORS = 512;
const SIZE = SECTORS * 512;
const PAGE = 4096;
const EXTENT = 'web-flat.vmdk';

/** Which pages of a file are not all zeros. */
async function dataPages(lab: Lab, fileName = EXTENT): Promise<number[]> {
  const bytes = await lab.read(fileName);
  const pages = Array.from({ length: bytes.length / PAGE }, (_, page) => page);
  return pages.filter((page) => bytes.subarray(page * PAGE, (page + 1) * PAGE).some((byte) => byte !== 0));
}

async function takenBytes(lab: Lab, fileName = EXTENT): Promise<number> {
  return (await lab.files.lstat(lab.path(fileName))).allocatedBytes;
}

async function made(isEncrypted: boolean, disk: Partial<DiskCreateSpec>): Promise<Lab> {
  const lab = await Lab.safe();
  const disks = [{ capacity: sectorCount(SECTORS), ...disk }];
  await lab.host.createVm(isEncrypted ? webVm({ disks }) : plainVm({ disks }));
  return lab;
}

/** What its guest reads of the whole disk. */
async function seenBy(lab: Lab): Promise<Uint8Array> {
  await lab.host.powerOnVm(VM);
  const bytes = await readSectors(await lab.host.openDisk(VM, 2000), 0, SECTORS);
  await lab.host.powerOffVm(VM);
  return bytes;
}

/** Its guest writes pages 3 and 4, and zeros over page 9. */
async function written(lab: Lab): Promise<Uint8Array> {
  await lab.host.powerOnVm(VM);
  const disk = await lab.host.openDisk(VM, 2000);
  await disk.writeSectors(sectorIndex(24), pattern(2 * PAGE));
  await disk.writeSectors(sectorIndex(72), new Uint8Array(PAGE));
  await disk.flush();
  await lab.host.powerOffVm(VM);
  const model = new Uint8Array(SIZE);
  model.set(pattern(2 * PAGE), 24 * 512);
  return model;
}

const every = Array.from({ length: SIZE / PAGE }, (_, page) => page);

describe.each([512, 4096] as const)('a disk in data units of %i bytes', (dataUnitSizeBytes) => {
  it.each([
    ['eagerZeroedThick', true, every, every],
    ['eagerZeroedThick', false, [], [3, 4]],
    ['lazyZeroedThick', true, [], [3, 4, 9]],
    ['lazyZeroedThick', false, [], [3, 4]],
    ['thin', true, [], [3, 4, 9]],
    ['thin', false, [], [3, 4]],
  ] as const)(
    '%s, encrypted: %s, reads zeros at first, and has data where it was written',
    async (kind, isEncrypted, atFirst, then) => {
      const lab = await made(isEncrypted, { provisioning: kind, dataUnitSizeBytes });
      expect(await dataPages(lab)).toEqual(atFirst);
      expect((await lab.read(EXTENT)).length, 'the file is as long as the disk').toBe(SIZE);
      expect((await seenBy(lab)).every((byte) => byte === 0)).toBe(true);
      const model = await written(lab);
      expect(await dataPages(lab)).toEqual(then);
      expect(Buffer.compare(await seenBy(lab), model)).toBe(0);
      expect(await takenBytes(lab)).toBe(kind === 'eagerZeroedThick' ? SIZE : 3 * PAGE);
      const descriptor = await lab.readText('web.vmdk');
      expect(descriptor.includes('ddb.thinProvisioned = "1"')).toBe(kind === 'thin');
    },
  );
});

describe('a thin disk', () => {
  const thin = { provisioning: 'thin' } as const;

  it('takes of an image what is not zeros, and stays thin', async () => {
    for (const isEncrypted of [true, false]) {
      const lab = await made(isEncrypted, thin);
      const image = new Uint8Array(SIZE);
      image.set(pattern(PAGE), 5 * PAGE);
      const read = async (buffer: Uint8Array, at: number) => {
        buffer.set(image.subarray(at, at + buffer.length));
        return buffer.length;
      };
      await lab.host.importDisk(VM, 2000, { sizeBytes: SIZE, read });
      expect(await dataPages(lab)).toEqual([5]);
      expect(Buffer.compare(await seenBy(lab), image)).toBe(0);
    }
  });

  const encrypt: CryptoSpec = { type: 'Encrypt', cryptoKeyId: KEY.id };
  const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
  it.each(['beside', 'inPlace'] as const)(
    'that is encrypted, recrypted and decrypted %s keeps its holes and its data',
    async (rewrite) => {
      const lab = await made(false, thin);
      const model = await written(lab);
      const extent = async () => /VMFS "([^"]+)"/.exec(await lab.readText(await descriptor()))?.[1] ?? '';
      const descriptor = async () => (await lab.host.vm(VM)).disks[0]?.fileName.replace(/^.*\//, '') ?? '';
      for (const crypto of [encrypt, deep, { type: 'Decrypt' } as const]) {
        await lab.host.reconfigureVm(VM, { crypto, rewrite });
        expect(Buffer.compare(await seenBy(lab), model), crypto.type).toBe(0);
        expect(
          (await dataPages(lab, await extent())).filter((page) => page !== 3 && page !== 4),
          crypto.type,
        ).toEqual([]);
        expect(await lab.readText(await descriptor())).toContain('ddb.thinProvisioned = "1"');
        expect((await lab.read(await extent())).length).toBe(SIZE);
      }
    },
  );
});

describe('a lazily zeroed disk', () => {
  it('that is encrypted becomes ciphertext everywhere: nothing tells its zeros from data', async () => {
    const lab = await made(false, { provisioning: 'lazyZeroedThick' });
    const model = await written(lab);
    await lab.host.reconfigureVm(VM, { crypto: { type: 'Encrypt', cryptoKeyId: KEY.id } });
    expect(await dataPages(lab, 'web_1-flat.vmdk')).toEqual(every);
    expect(Buffer.compare(await seenBy(lab), model)).toBe(0);
  });
});

describe('a trim', () => {
  it.each([true, false])('is zeros from then on, encrypted: %s; the file does not get shorter', async (isEncrypted) => {
    const lab = await made(isEncrypted, { dataUnitSizeBytes: 4096 });
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await disk.writeSectors(sectorIndex(0), pattern(SIZE));
    await disk.discardSectors(sectorIndex(3), sectorCount(40));
    await disk.flush();
    const model = pattern(SIZE).fill(0, 3 * 512, 43 * 512);
    expect(Buffer.compare(await readSectors(disk, 0, SECTORS), model)).toBe(0);
    await lab.host.powerOffVm(VM);
    expect(Buffer.compare(await seenBy(lab), model)).toBe(0);
    // Sectors 3 to 43 are units 1 to 4 whole, and of units 0 and 5 a part.
    expect(await dataPages(lab)).toEqual(every.filter((page) => page < 1 || page > 4));
    expect((await lab.read(EXTENT)).length).toBe(SIZE);
  });

  it('waits its turn, and is refused beyond the end', async () => {
    const lab = await made(true, {});
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await Promise.all([
      disk.writeSectors(sectorIndex(0), pattern(PAGE)),
      disk.discardSectors(sectorIndex(2), sectorCount(4)),
      disk.writeSectors(sectorIndex(3), pattern(512, 9)),
    ]);
    const model = pattern(PAGE).fill(0, 1024, 3072);
    model.set(pattern(512, 9), 3 * 512);
    expect(Buffer.compare(await readSectors(disk, 0, 8), model)).toBe(0);
    expect(await faultOf(disk.discardSectors(sectorIndex(SECTORS - 1), sectorCount(2)))).toMatchObject({
      code: 'OUT_OF_RANGE',
    });
    expect(Buffer.compare(await readSectors(disk, 0, 8), model)).toBe(0);
  });
});

describe('a disk of 2 TB', () => {
  it('is refused by name, and nothing is made', async () => {
    const lab = await Lab.safe();
    for (const provisioning of ['thin', 'eagerZeroedThick'] as const) {
      const disks = [{ capacity: sectorCount(2 ** 32), provisioning }];
      expect(await faultOf(lab.host.createVm(webVm({ disks })))).toMatchObject({
        code: 'NOT_SUPPORTED',
        what: 'capacity',
      });
    }
    expect(await lab.files.readdir(lab.datastore)).toEqual([]);
  });

  it('is possible one data unit smaller, thin', async () => {
    const lab = await Lab.safe();
    const disks = [
      { capacity: sectorCount(2 ** 32 - 8), provisioning: 'thin' as const, dataUnitSizeBytes: 4096 as const },
    ];
    await lab.host.createVm(webVm({ disks }));
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await disk.writeSectors(sectorIndex(2 ** 32 - 16), pattern(PAGE));
    expect(await readSectors(disk, 2 ** 32 - 16, 8)).toEqual(pattern(PAGE));
    expect(await takenBytes(lab)).toBe(PAGE);
  });
});
