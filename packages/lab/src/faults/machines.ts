import { assert, type Clock, type FileSystem } from '@vcryptsim/ports';
import { MachineFileSystem, MountedFileSystem, PowerSwitch, type Survivors } from '@vcryptsim/simkit';
import type { RunPlaces } from '../folder/run-folder.js';
import { Disk } from './disk.js';

/** What machines a world has, and where their files are. */
export interface MachinesOptions {
  readonly files: FileSystem;
  readonly folder: Pick<RunPlaces, 'kms' | 'vcenter' | 'hosts' | 'datastores'>;
  readonly hosts: readonly string[];
  readonly datastores: readonly { readonly name: string; readonly capacityBytes: number | null }[];
  readonly clock: Clock;
}

/** One machine: its power, and its way to files. */
interface Machine {
  readonly power: PowerSwitch;
  readonly files: MachineFileSystem;
}

/**
 * The machines of a world and the disks that they use: a disk of its own for vCenter, for the key servers and for each
 * host, and the datastores, which the hosts share. All have one main switch.
 */
export class Machines {
  /** The power of all. */
  readonly site = new PowerSwitch();
  readonly #own = new Map<string, Disk>();
  readonly #datastores = new Map<string, Disk>();
  readonly #machines = new Map<string, Machine>();
  /** Files as somebody reaches them who has the disks in hand, whatever machine has power. */
  readonly inHand: FileSystem;

  constructor({ files, folder, hosts, datastores, clock }: MachinesOptions) {
    const mounts = new Map<string, FileSystem>();
    const mount = (disks: Map<string, Disk>, name: string, path: string, capacityBytes: number | null = null) => {
      const quota = capacityBytes === null ? null : { capacityBytes, folder: path };
      const disk = new Disk(files, clock, quota);
      disks.set(name, disk);
      mounts.set(path, disk.files);
    };
    mount(this.#own, 'kms', folder.kms);
    mount(this.#own, 'vcenter', folder.vcenter);
    for (const name of hosts) mount(this.#own, name, `${folder.hosts}/${name}`);
    for (const { name, capacityBytes } of datastores) {
      mount(this.#datastores, name, `${folder.datastores}/${name}`, capacityBytes);
    }
    const mounted = new MountedFileSystem(files, mounts);
    this.inHand = mounted;
    for (const name of this.#own.keys()) {
      const power = new PowerSwitch(this.site);
      this.#machines.set(name, { power, files: new MachineFileSystem(mounted, power) });
    }
  }

  /** Looks how full the datastores are that have a capacity; before machines use them. @throws FileError */
  async measure(): Promise<void> {
    for (const disk of this.#datastores.values()) await disk.measure();
  }

  /** Files as a machine reaches them: `kms`, `vcenter`, or a host. */
  filesOf(machine: string): MachineFileSystem {
    return this.#machine(machine).files;
  }

  /** The switch of one machine. */
  powerOf(machine: string): PowerSwitch {
    return this.#machine(machine).power;
  }

  /** The disk that a machine has for itself. */
  diskOf(machine: string): Disk {
    return found(this.#own, machine);
  }

  /** The disk on which a datastore is. */
  datastore(name: string): Disk {
    return found(this.#datastores, name);
  }

  /** Every disk. */
  disks(): Disk[] {
    return [...this.#own.values(), ...this.#datastores.values()];
  }

  /** Lets go of what the disks hold open. */
  async dispose(): Promise<void> {
    for (const disk of this.disks()) await disk.dispose();
  }

  /** All disks lose their power. @throws FileError */
  async loseAll(survivors: Survivors): Promise<void> {
    for (const disk of this.disks()) await disk.lose(survivors);
  }

  #machine(name: string): Machine {
    return found(this.#machines, name);
  }
}

function found<T>(all: ReadonlyMap<string, T>, name: string): T {
  const one = all.get(name);
  assert(one, `there is a ${name}; the loader checks names`);
  return one;
}
