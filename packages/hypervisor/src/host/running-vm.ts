import type { Dek } from '@vcryptsim/crypto-core';
import { assert, type Entropy, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { DiskBacking } from '../disk/disk-backing.js';
import type { DiskKey } from '../disk/disk-key.js';
import type { AttachedDisk } from '../disk/guest-disk.js';
import { RangeLane } from '../disk/range-lane.js';
import { SwappableBacking } from '../disk/swappable-backing.js';
import { throughFilter } from '../disk/vmcrypt-filter.js';
import type { AttachedMemory } from '../memory/attached-memory.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import { writeMemoryFile } from '../memory/memory-file.js';
import { attachDisk, type DiskOpener, openHomeOrLocked } from '../vm-home/attach-disk.js';
import { attachMemory } from '../vm-home/attach-memory.js';
import type { ChangedVm } from '../vm-home/change/changed-vm.js';
import type { DiskConfig } from '../vm-home/disk-config.js';
import { readNvramFile } from '../vm-home/nvram-file.js';
import type { OpenHome } from '../vm-home/open-bundle.js';
import { openLinks } from '../vm-home/open-links.js';
import { dropRedo, isDropped, makeRedo } from '../vm-home/redo-log.js';
import type { VmConfig } from '../vm-home/vm-config.js';

/** A disk of a running VM: what its devices share, and what that can be exchanged by. */
interface RunningDisk {
  readonly attached: AttachedDisk;
  readonly swappable: SwappableBacking;
  /** Null for a plain disk. */
  readonly key: DiskKey | null;
}

/** What starting a VM needs of the host. */
export interface VmStarter extends DiskOpener {
  readonly entropy: Entropy;
}

/** What a powered-on VM holds in host RAM: its DEKs, its memory, and its disks behind the IO filter. */
export class RunningVm {
  readonly #disks = new Map<number, RunningDisk>();
  readonly #deks: Dek[] = [];
  /** Disks of which what the guest wrote goes with the power. */
  readonly #redone: DiskConfig[] = [];
  #memory: AttachedMemory | null = null;
  #home: OpenHome | null = null;

  private constructor() {}

  /**
   * Opens everything a VM needs to run, or nothing, and makes its swap file.
   *
   * @param memory what it goes on from; left out, it starts with none
   * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, ENCRYPTED_DISK_ON_PLAIN_VM, and every diagnosis of its files
   */
  static async start(config: VmConfig, opener: VmStarter, memory: GuestMemory | null = null): Promise<RunningVm> {
    const running = new RunningVm();
    try {
      const home = openHomeOrLocked(config, opener);
      running.#home = home;
      if (home !== null) running.#deks.push(home.dek);
      await readNvramFile(config, home?.dek ?? null);
      for (const disk of config.disks) {
        if (isDropped(disk)) running.#redone.push(disk);
        const generation = home?.disks.get(disk.uuid)?.generation ?? null;
        const written = isDropped(disk) ? await makeRedo(disk, generation, opener) : disk;
        const { backing, key } = await attachDisk(written, config, home, opener, 'write');
        if (key !== null) running.#deks.push(key.dek);
        const shown = disk.folder.shown(disk.fileName);
        const swappable = new SwappableBacking(backing);
        const lane = new RangeLane(key?.dataUnitSizeBytes ?? SECTOR_SIZE_BYTES);
        const attached = { shown, capacity: disk.capacity, backing: swappable, lane, detached: false };
        running.#disks.set(disk.deviceKey, { attached, swappable, key });
      }
      running.#memory = await attachMemory(config, home, memory, opener);
      return running;
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  /** The disk with that device key, if there is one. */
  disk(deviceKey: number): AttachedDisk | undefined {
    return this.#disks.get(deviceKey)?.attached;
  }

  /**
   * Does something while no guest uses a disk or memory: requests made before are over, and durable, and those made meanwhile
   * wait (the VM is stunned).
   */
  async stunned<T>(work: () => Promise<T>): Promise<T> {
    const [first, ...others] = [...this.#disks.values()].map(({ attached }) => attached);
    const inside = async (): Promise<T> => {
      await Promise.all([...this.#disks.values()].map(({ attached }) => attached.backing.flush()));
      return this.memory.held(work);
    };
    const held = others.reduceRight<() => Promise<T>>(
      (next, { lane }) =>
        () =>
          lane.alone(next),
      inside,
    );
    return first === undefined ? inside() : first.lane.alone(held);
  }

  /**
   * Opens the disks again as their descriptors say now, under the keys that they have; all, or none. Only while stunned.
   *
   * @throws HypervisorError FILE_DAMAGED, FILE_INACCESSIBLE
   */
  async reopenDisks(config: VmConfig, { buffers }: Pick<DiskOpener, 'buffers'>): Promise<void> {
    const opened: { readonly disk: RunningDisk; readonly next: DiskBacking }[] = [];
    try {
      for (const disk of config.disks) {
        const running = this.#disks.get(disk.deviceKey);
        if (running === undefined || isDropped(disk)) continue;
        const { extent } = await openLinks(disk, 'write');
        opened.push({ disk: running, next: throughFilter(extent, running.key, buffers) });
      }
    } catch (error) {
      await Promise.allSettled(opened.map(({ next }) => next.close()));
      throw error;
    }
    await Promise.all(opened.map(({ disk, next }) => disk.swappable.swap(next).close()));
  }

  /** Its home, open as long as it runs; null of a plain VM. The DEK is its own. */
  get home(): OpenHome | null {
    return this.#home;
  }

  /** Its memory. */
  get memory(): AttachedMemory {
    assert(this.#memory !== null, 'a VM that runs has memory');
    return this.#memory;
  }

  /**
   * Writes its memory into a new file, durable. Only while stunned.
   *
   * @throws HypervisorError NO_SPACE, FILE_INACCESSIBLE; ENVELOPE_TAMPERED where a page does not come back from swap
   */
  async saveMemory({ config, home, sealer }: ChangedVm, fileName: string): Promise<void> {
    const owner = { vm: config.uuid, dek: home?.dek ?? null, entropy: sealer.entropy };
    await writeMemoryFile(config.folder, fileName, await this.memory.whole(), owner);
  }

  /** Ends every device, waits for the requests before it, and lets go of the keys. */
  async stop(): Promise<void> {
    try {
      const closings = [...this.#disks.values()].map(({ attached: disk }) =>
        disk.lane.alone(async () => {
          disk.detached = true;
          await disk.backing.close();
        }),
      );
      const failed = (await Promise.allSettled(closings)).find(({ status }) => status === 'rejected');
      await this.#memory?.swap.remove();
      for (const disk of this.#redone) await dropRedo(disk);
      if (failed?.status === 'rejected') throw failed.reason;
    } finally {
      this.forget();
    }
  }

  /** Ends every device at once, while stunned: what it had open can be used no more. */
  async breakOff(): Promise<void> {
    const disks = [...this.#disks.values()].map(({ attached }) => attached);
    for (const disk of disks) disk.detached = true;
    await Promise.allSettled([...disks.map(({ backing }) => backing.close()), this.memory.swap.remove()]);
    await Promise.allSettled(this.#redone.map(dropRedo));
    this.forget();
  }

  /** Lets go of the keys at once: the power is gone. */
  forget(): void {
    for (const dek of this.#deks) dek.dispose();
    this.#memory?.detach();
  }
}
