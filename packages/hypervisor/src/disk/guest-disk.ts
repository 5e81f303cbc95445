import { SECTOR_SIZE_BYTES, type SectorCount, type SectorIndex } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { invalidArgument } from '../api/faults.js';
import type { Life } from '../datastore/life.js';
import type { DiskBacking } from './disk-backing.js';
import type { Lane } from './lane.js';

/**
 * A disk as the guest sees it: plaintext sectors of 512 bytes, and nothing of keys (row S13). Requests of one disk are
 * served one after the other, in the order in which they were made. Every call rejects with HOST_GONE after the host
 * rebooted, and with INVALID_STATE after the VM was powered off or the device closed.
 */
export interface GuestDisk {
  readonly capacity: SectorCount;
  /**
   * Fills `buffer`, whose length is a multiple of 512 bytes, from sector `start` on.
   *
   * @throws HypervisorError OUT_OF_RANGE, INVALID_ARGUMENT, FILE_DAMAGED (the extent is too short or unreadable)
   */
  readSectors(start: SectorIndex, buffer: Uint8Array): Promise<void>;
  /**
   * Writes `bytes`, a multiple of 512, from sector `start` on. The buffer must stay unchanged until the promise
   * settles, and comes back unchanged. Durable after `flush`.
   *
   * @throws HypervisorError OUT_OF_RANGE, INVALID_ARGUMENT, NO_SPACE, DATASTORE_NOT_WRITABLE
   */
  writeSectors(start: SectorIndex, bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  /** Ends the use of this device; the VM keeps the disk. */
  close(): Promise<void>;
}

/** A disk of a powered-on VM, shared by all devices that are open on it. */
export interface AttachedDisk {
  /** `[datastore] folder/name.vmdk` */
  readonly shown: string;
  readonly capacity: SectorCount;
  readonly backing: DiskBacking;
  readonly lane: Lane;
  /** Set when the VM is powered off. */
  detached: boolean;
}

/** Opens a device on a disk of a powered-on VM. */
export function openGuestDisk(disk: AttachedDisk, life: Life): GuestDisk {
  let closed = false;
  const call = (work: () => Promise<void>): Promise<void> =>
    life.run(() =>
      disk.lane.run(async () => {
        if (closed || disk.detached) {
          throw new HypervisorError(
            { code: 'INVALID_STATE', state: closed ? 'closed' : 'poweredOff' },
            `The device on ${disk.shown} is closed. Open it again while the virtual machine is powered on.`,
          );
        }
        await work();
      }),
    );
  return {
    capacity: disk.capacity,
    readSectors: (start, buffer) => call(async () => disk.backing.read(buffer, offsetOf(disk, start, buffer.length))),
    writeSectors: (start, bytes) => call(async () => disk.backing.write(bytes, offsetOf(disk, start, bytes.length))),
    flush: () => call(() => disk.backing.flush()),
    close: async () => {
      closed = true;
    },
  };
}

function offsetOf(disk: AttachedDisk, start: SectorIndex, lengthBytes: number): number {
  if (lengthBytes % SECTOR_SIZE_BYTES !== 0) {
    throw invalidArgument('buffer', `A request of ${lengthBytes} bytes is not a whole number of 512-byte sectors.`);
  }
  if (start + lengthBytes / SECTOR_SIZE_BYTES > disk.capacity) {
    throw new HypervisorError(
      { code: 'OUT_OF_RANGE', disk: disk.shown },
      `Sectors ${start} to ${start + lengthBytes / SECTOR_SIZE_BYTES - 1} go beyond the ${disk.capacity} of ${disk.shown}.`,
    );
  }
  return start * SECTOR_SIZE_BYTES;
}
