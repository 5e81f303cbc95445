import { SECTOR_SIZE_BYTES, type SectorCount, type SectorIndex } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { invalidArgument } from '../api/faults.js';
import type { Life } from '../datastore/life.js';
import type { DiskBacking } from './disk-backing.js';
import type { RangeLane } from './range-lane.js';
import type { ByteRange } from './range-waits.js';

/** How a write is done. */
export interface WriteOptions {
  /** Force unit access: it is durable when its promise resolves. */
  readonly fua?: boolean;
}

/**
 * A disk as the guest sees it: plaintext sectors of 512 bytes, and nothing of keys (row S13). Many requests may be under
 * way at once: those that touch no data unit in common run side by side, the others in the order in which they were made
 * (see {@link RangeLane}). Every call rejects with HOST_GONE after the host rebooted, and with INVALID_STATE after the VM
 * was powered off or the device closed; requests made before that are served.
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
   * settles, and comes back unchanged. Durable after `flush`, or at once with `fua`.
   *
   * @throws HypervisorError OUT_OF_RANGE, INVALID_ARGUMENT, NO_SPACE, DATASTORE_NOT_WRITABLE
   */
  writeSectors(start: SectorIndex, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /**
   * Says that `count` sectors from `start` on are needed no more (a trim): they read as zeros. Whole data units become holes
   * of the file, which does not get shorter; parts of units are written as zeros. Durable after `flush`.
   *
   * @throws HypervisorError OUT_OF_RANGE, NO_SPACE (parts of units; and a snapshot takes room for it), DATASTORE_NOT_WRITABLE
   */
  discardSectors(start: SectorIndex, count: SectorCount): Promise<void>;
  /** Waits for the writes made before it, and makes them durable. */
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
  readonly lane: RangeLane;
  /** Set when the VM is powered off. */
  detached: boolean;
}

/** Opens a device on a disk of a powered-on VM. */
export function openGuestDisk(disk: AttachedDisk, life: Life): GuestDisk {
  const { lane, backing } = disk;
  let closed = false;
  const call = (queue: (serve: (work: Work) => Work) => Promise<void>): Promise<void> =>
    life.run(async () => {
      if (closed) throw notOpen(disk, 'closed');
      await queue((work) => async () => {
        if (disk.detached) throw notOpen(disk, 'poweredOff');
        await work();
      });
    });
  return {
    capacity: disk.capacity,
    readSectors: (start, buffer) =>
      call((serve) => {
        const range = rangeOf(disk, start, buffer.length);
        return lane.read(
          range,
          serve(() => backing.read(buffer, range.startBytes)),
        );
      }),
    writeSectors: (start, bytes, { fua = false } = {}) =>
      call((serve) => {
        const range = rangeOf(disk, start, bytes.length);
        const write = async (): Promise<void> => {
          await backing.write(bytes, range.startBytes);
          if (fua) await backing.flush();
        };
        return lane.write(range, serve(write));
      }),
    discardSectors: (start, count) =>
      call((serve) => {
        const lengthBytes = count * SECTOR_SIZE_BYTES;
        const range = rangeOf(disk, start, lengthBytes);
        return lane.write(
          range,
          serve(() => backing.discard(range.startBytes, lengthBytes)),
        );
      }),
    flush: () => call((serve) => lane.flush(serve(() => backing.flush()))),
    close: async () => {
      closed = true;
    },
  };
}

type Work = () => Promise<void>;

function notOpen({ shown }: AttachedDisk, state: 'closed' | 'poweredOff'): HypervisorError {
  return new HypervisorError(
    { code: 'INVALID_STATE', state },
    `The device on ${shown} is closed. Open it again while the virtual machine is powered on.`,
  );
}

function rangeOf(disk: AttachedDisk, start: SectorIndex, lengthBytes: number): ByteRange {
  if (lengthBytes % SECTOR_SIZE_BYTES !== 0) {
    throw invalidArgument('buffer', `A request of ${lengthBytes} bytes is not a whole number of 512-byte sectors.`);
  }
  if (start + lengthBytes / SECTOR_SIZE_BYTES > disk.capacity) {
    throw new HypervisorError(
      { code: 'OUT_OF_RANGE', disk: disk.shown },
      `Sectors ${start} to ${start + lengthBytes / SECTOR_SIZE_BYTES - 1} go beyond the ${disk.capacity} of ${disk.shown}.`,
    );
  }
  return { startBytes: start * SECTOR_SIZE_BYTES, endBytes: start * SECTOR_SIZE_BYTES + lengthBytes };
}
