import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareDisk } from '../src/guests/compare-disk.js';
import { GuestLedger } from '../src/guests/guest-ledger.js';
import type { TrackedDisk } from '../src/guests/virtual-machines.js';

const CAPACITY = 3 * 1024 * 1024 + 512;
const sector = (byte: number) => new Uint8Array(512).fill(byte);

function setUp(image: Uint8Array | null) {
  const ledger = new GuestLedger();
  const disk = new Uint8Array(CAPACITY);
  if (image !== null) disk.set(image);
  const tracked = {
    capacityBytes: CAPACITY,
    ledger,
    image: image && {
      sizeBytes: image.length,
      read: async (buffer: Uint8Array, offset: number) => {
        const part = image.subarray(offset, offset + buffer.length);
        buffer.set(part);
        return part.length;
      },
      close: async () => {},
    },
  } as unknown as TrackedDisk;
  const compare = () =>
    compareDisk({
      vm: 'payroll',
      disk: tracked,
      readDisk: async (lba, buffer) => buffer.set(disk.subarray(lba * 512, lba * 512 + buffer.length)),
      onProgress: () => {},
      newHash: () => createHash('sha256'),
    });
  return { ledger, disk, compare };
}

describe('compareDisk', () => {
  it('finds a disk of zeros as it was made', async () => {
    const digest = await setUp(null).compare();
    const zeros = createHash('sha256').update(new Uint8Array(CAPACITY)).digest('hex');
    expect(digest).toEqual({ vm: 'payroll', diskSha256: zeros, imageSha256: zeros, writtenSectors: [] });
  });

  it('counts a shorter image as ending in zeros, and lists what was written over it', async () => {
    const image = new Uint8Array(CAPACITY - 512).fill(7);
    const { ledger, disk, compare } = setUp(image);
    for (const lba of [0, 2047, 2048, 6144]) {
      disk.set(sector(lba % 250), lba * 512);
      ledger.wrote(lba, sector(lba % 250));
    }
    const digest = await compare();
    expect(digest.diskSha256).toBe(createHash('sha256').update(disk).digest('hex'));
    expect(digest.imageSha256).not.toBe(digest.diskSha256);
    expect(digest.writtenSectors).toEqual([
      { lba: 0, sectors: 1 },
      { lba: 2047, sectors: 2 },
      { lba: 6144, sectors: 1 },
    ]);
  });

  it('names the first sector that nobody wrote so', async () => {
    const { disk, compare } = setUp(null);
    disk[5000 * 512 + 511] = 1;
    await expect(compare()).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('Sector 5000'),
    });
  });

  it('does not take a write that was lost for a write', async () => {
    const { ledger, compare } = setUp(null);
    ledger.wrote(9, sector(1));
    await expect(compare()).rejects.toMatchObject({ message: expect.stringContaining('Sector 9') });
  });
});

describe('GuestLedger', () => {
  it('takes as markers only what no other data would hold by chance', () => {
    const ledger = new GuestLedger();
    ledger.wrote(0, new Uint8Array(512));
    ledger.wrote(1, sector(0xff));
    expect(ledger.markers()).toEqual([]);
    ledger.wrote(
      2,
      Uint8Array.from({ length: 512 }, (_, index) => (index < 64 ? 0 : index % 200)),
    );
    expect(ledger.markers().map((marker) => marker.length)).toEqual([32]);
    for (let lba = 0; lba < 200; lba++)
      ledger.wrote(
        lba,
        Uint8Array.from({ length: 512 }, (_, i) => (i * lba) % 253),
      );
    expect(ledger.markers().length).toBe(64);
  });
});
