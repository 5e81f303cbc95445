import type { Hash } from 'node:crypto';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import type { SectorRun } from './guest-ledger.js';
import type { TrackedDisk } from './virtual-machines.js';

const CHUNK_BYTES = 1024 * 1024;

/** What was compared at the end of a disk digest. */
export interface DiskDigest {
  readonly vm: string;
  /** SHA-256 of the whole disk, read through the IO filter. */
  readonly diskSha256: string;
  /** SHA-256 of the image that filled it, or of as many zeros. */
  readonly imageSha256: string;
  /** Runs of sectors that differ from the image; guests wrote them all. */
  readonly writtenSectors: readonly SectorRun[];
}

/** What a disk is compared with, and how it is read. */
export interface CompareOptions {
  /** The VM's name. */
  readonly vm: string;
  readonly disk: TrackedDisk;
  /** Fills the buffer from sector `lba` on, as the guest reads it. */
  readonly readDisk: (lba: number, buffer: Uint8Array) => Promise<void>;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly newHash: () => Hash;
}

/**
 * Reads a whole disk once and compares it, byte for byte, with its image and what the guests wrote over it.
 *
 * @throws LabError LEDGER_LOST, DIGEST_MISMATCH naming the first sector that differs and was not written so
 */
export async function compareDisk({
  vm,
  disk: tracked,
  readDisk,
  onProgress,
  newHash,
}: CompareOptions): Promise<DiskDigest> {
  if (!tracked.ledger.isWhole) throw unknownContent(vm);
  const [diskHash, imageHash] = [newHash(), newHash()];
  const disk = new Uint8Array(Math.min(CHUNK_BYTES, tracked.capacityBytes));
  const image = new Uint8Array(disk.length);
  for (let offsetBytes = 0; offsetBytes < tracked.capacityBytes; offsetBytes += disk.length) {
    const lengthBytes = Math.min(disk.length, tracked.capacityBytes - offsetBytes);
    const [found, wanted] = [disk.subarray(0, lengthBytes), image.subarray(0, lengthBytes)];
    const lba = offsetBytes / SECTOR_SIZE_BYTES;
    await readDisk(lba, found);
    const count = (await tracked.image?.read(wanted, offsetBytes)) ?? 0;
    wanted.fill(0, count);
    diskHash.update(found);
    imageHash.update(wanted);
    tracked.ledger.layOver(wanted, lba);
    const differs = firstDifference(found, wanted);
    if (differs !== null) throw mismatch(vm, lba + Math.floor(differs / SECTOR_SIZE_BYTES));
    onProgress(offsetBytes + lengthBytes, tracked.capacityBytes);
  }
  return {
    vm,
    diskSha256: diskHash.digest('hex'),
    imageSha256: imageHash.digest('hex'),
    writtenSectors: tracked.ledger.runs(),
  };
}

/** Index of the first byte that differs, or null. Equal chunks, nearly all of them, cost one native compare. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  if (Buffer.compare(a, b) === 0) return null;
  return a.findIndex((byte, index) => byte !== b[index]);
}

function unknownContent(vm: string): LabError {
  const message = `What the guest of ${vm} wrote before this lab was last started is not known here, so its disk cannot be compared.`;
  return new LabError('LEDGER_LOST', message);
}

function mismatch(vm: string, lba: number): LabError {
  return new LabError(
    'DIGEST_MISMATCH',
    `Sector ${lba} of ${vm} holds neither what its image has nor what was written.`,
  );
}
