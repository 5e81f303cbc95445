import type { DiskBus, DiskMode } from '../api/device-change.js';
import type { Vmx } from '../formats/vmx.js';

/** Where a disk is: bus, controller and unit on it, as the VMX spells it, `scsi0:0`. */
export type DiskNode = string & { readonly __node: 'DiskNode' };

/** How the disks of a bus are numbered. */
interface BusRule {
  /** Device key of the first unit of the first controller; those of SCSI are the product's, the others' are ours. */
  readonly firstKey: number;
  readonly controllers: number;
  /** Units of one controller, also those that take no disk. */
  readonly units: number;
  /** The unit that the controller itself has, or null. */
  readonly ownUnit: number | null;
}

const BUSES: Readonly<Record<DiskBus, BusRule>> = {
  scsi: { firstKey: 2000, controllers: 4, units: 16, ownUnit: 7 },
  ide: { firstKey: 3000, controllers: 2, units: 2, ownUnit: null },
  sata: { firstKey: 16_000, controllers: 4, units: 30, ownUnit: null },
  nvme: { firstKey: 31_000, controllers: 4, units: 15, ownUnit: null },
};

/** The buses, in the order in which their device keys are numbered. */
const NAMES = Object.keys(BUSES) as readonly DiskBus[];

/** The units of a bus that take a disk, over all its controllers, in their order. */
export function nodesOf(bus: DiskBus): readonly DiskNode[] {
  const { controllers, units, ownUnit } = BUSES[bus];
  return Array.from({ length: controllers * units }, (_, at) => [Math.floor(at / units), at % units] as const)
    .filter(([, unit]) => unit !== ownUnit)
    .map(([controller, unit]) => nodeAt(bus, controller, unit));
}

/** The node with that number on a bus, counted over its controllers and with the units that take no disk; null where there is none. */
export function nodeAtUnit(bus: DiskBus, unit: number): DiskNode | null {
  const node = Number.isSafeInteger(unit) && unit >= 0 ? nodeOf(BUSES[bus].firstKey + unit) : null;
  return node !== null && partsOf(node).bus === bus ? node : null;
}

/** Bus, controller and unit of a disk. */
export function partsOf(node: DiskNode): { readonly bus: DiskBus; readonly controller: number; readonly unit: number } {
  const [, bus, controller, unit] = /^([a-z]+)([0-9]+):([0-9]+)$/.exec(node) ?? [];
  return { bus: bus as DiskBus, controller: Number(controller), unit: Number(unit) };
}

/** Device key of the disk at a node, as vSphere numbers disks. */
export function deviceKeyOf(node: DiskNode): number {
  const { bus, controller, unit } = partsOf(node);
  return BUSES[bus].firstKey + controller * BUSES[bus].units + unit;
}

/** The node of the disk with that device key; null where no disk can have it. */
export function nodeOf(deviceKey: number): DiskNode | null {
  for (const bus of NAMES) {
    const { firstKey, controllers, units, ownUnit } = BUSES[bus];
    const at = deviceKey - firstKey;
    if (at >= 0 && at < controllers * units && at % units !== ownUnit) {
      return nodeAt(bus, Math.floor(at / units), at % units);
    }
  }
  return null;
}

/** The nodes at which a VMX has a disk, in the order of their device keys. A CD drive is none. */
export function nodesIn(vmx: Vmx): readonly DiskNode[] {
  return takenNodesIn(vmx)
    .filter((node) => isDisk(vmx.get(`${node}.deviceType`)))
    .toSorted((a, b) => deviceKeyOf(a) - deviceKeyOf(b));
}

/** The nodes at which a VMX has anything, a CD drive too. */
export function takenNodesIn(vmx: Vmx): readonly DiskNode[] {
  return vmx
    .entries()
    .filter(([, value]) => value.toUpperCase() === 'TRUE')
    .flatMap(([key]) => /^((scsi|ide|sata|nvme)[0-9]+:[0-9]+)\.present$/.exec(key.toLowerCase())?.[1] ?? [])
    .map((node) => node as DiskNode)
    .filter((node) => nodeOf(deviceKeyOf(node)) === node);
}

/** What `deviceType` says: `scsi-hardDisk`, `ata-hardDisk`, `disk`, or nothing at all. */
function isDisk(deviceType: string | undefined): boolean {
  return deviceType === undefined || /disk$/i.test(deviceType);
}

const MODES: Readonly<Record<DiskMode, string>> = {
  persistent: 'persistent',
  independent_persistent: 'independent-persistent',
  independent_nonpersistent: 'independent-nonpersistent',
};

/** How the VMX spells a mode. */
export function formatDiskMode(mode: DiskMode): string {
  return MODES[mode];
}

/** Reads what {@link formatDiskMode} wrote; a disk whose VMX says nothing is persistent. Null for another word. */
export function parseDiskMode(text: string | undefined): DiskMode | null {
  if (text === undefined || text === '') return 'persistent';
  const modes = Object.keys(MODES) as readonly DiskMode[];
  return modes.find((mode) => MODES[mode] === text.toLowerCase()) ?? null;
}

function nodeAt(bus: DiskBus, controller: number, unit: number): DiskNode {
  return `${bus}${controller}:${unit}` as DiskNode;
}
