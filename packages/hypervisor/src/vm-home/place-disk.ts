import type { DiskBus } from '../api/device-change.js';
import { alreadyExists, invalidArgument } from '../api/faults.js';
import { type DiskNode, nodeAtUnit, nodesOf } from './disk-node.js';

/** Where a disk is to go. */
export interface WantedPlace {
  readonly bus?: DiskBus;
  readonly unit?: number;
}

/**
 * The nodes of a VM that is given disks, and which of them are free. The first free unit of the first controller is taken
 * unless one is told.
 */
export class FreeNodes {
  readonly #taken: Set<DiskNode>;

  constructor(taken: readonly DiskNode[]) {
    this.#taken = new Set(taken);
  }

  /**
   * Takes a place for a disk.
   *
   * @param what names the argument, for a refusal
   * @throws HypervisorError INVALID_ARGUMENT (no such unit, no free one), ALREADY_EXISTS (taken)
   */
  take({ bus = 'scsi', unit }: WantedPlace, what: string): DiskNode {
    const node = unit === undefined ? this.#firstOf(bus, what) : this.#told(bus, unit, what);
    this.#taken.add(node);
    return node;
  }

  #firstOf(bus: DiskBus, what: string): DiskNode {
    const node = nodesOf(bus).find((one) => !this.#taken.has(one));
    if (node !== undefined) return node;
    const count = nodesOf(bus).length;
    throw invalidArgument(what, `A VM takes at most ${count} disks on the bus ${bus}. Take another bus.`);
  }

  #told(bus: DiskBus, unit: number, what: string): DiskNode {
    const node = nodeAtUnit(bus, unit);
    if (node === null) {
      throw invalidArgument(
        `${what}.unit`,
        `The bus ${bus} has no unit ${unit} for a disk. Leave it out for the first free one.`,
      );
    }
    if (this.#taken.has(node)) throw alreadyExists(`A device at ${node}`, 'Take another unit, or leave it out.');
    return node;
  }
}
