import type { Dek } from '@vcryptsim/crypto-core';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { AttachedDisk } from '../disk/guest-disk.js';
import { RangeLane } from '../disk/range-lane.js';
import { attachDisk, type DiskOpener, openHomeOrLocked } from '../vm-home/attach-disk.js';
import { readNvramFile } from '../vm-home/nvram-file.js';
import type { VmConfig } from '../vm-home/vm-config.js';

/** What a powered-on VM holds in host RAM: its DEKs, and its disks behind the IO filter. */
export class RunningVm {
  readonly #disks = new Map<number, AttachedDisk>();
  readonly #deks: Dek[] = [];

  private constructor() {}

  /**
   * Opens everything a VM needs to run, or nothing.
   *
   * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, ENCRYPTED_DISK_ON_PLAIN_VM, and every diagnosis of its files
   */
  static async start(config: VmConfig, opener: DiskOpener): Promise<RunningVm> {
    const running = new RunningVm();
    try {
      const home = openHomeOrLocked(config, opener);
      if (home !== null) running.#deks.push(home.dek);
      await readNvramFile(config, home?.dek ?? null);
      for (const disk of config.disks) {
        const { backing, key } = await attachDisk(disk, config, home, opener, 'write');
        if (key !== null) running.#deks.push(key.dek);
        const shown = disk.folder.shown(disk.fileName);
        running.#disks.set(disk.deviceKey, {
          shown,
          capacity: disk.capacity,
          backing,
          lane: new RangeLane(key?.dataUnitSizeBytes ?? SECTOR_SIZE_BYTES),
          detached: false,
        });
      }
      return running;
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  /** The disk with that device key, if there is one. */
  disk(deviceKey: number): AttachedDisk | undefined {
    return this.#disks.get(deviceKey);
  }

  /** Ends every device, waits for the requests before it, and lets go of the keys. */
  async stop(): Promise<void> {
    try {
      const closings = [...this.#disks.values()].map((disk) =>
        disk.lane.alone(async () => {
          disk.detached = true;
          await disk.backing.close();
        }),
      );
      const failed = (await Promise.allSettled(closings)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    } finally {
      this.forget();
    }
  }

  /** Lets go of the keys at once: the power is gone. */
  forget(): void {
    for (const dek of this.#deks) dek.dispose();
  }
}
