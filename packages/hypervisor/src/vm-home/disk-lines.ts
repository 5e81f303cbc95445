import type { DiskBus, DiskMode } from '../api/device-change.js';
import type { Vmx } from '../formats/vmx.js';
import { type DiskNode, formatDiskMode, partsOf } from './disk-node.js';

/** What a VMX says of a disk that it names. */
export interface DiskLines {
  readonly node: DiskNode;
  readonly mode: DiskMode;
  /** Of the descriptor, as the VMX spells it. */
  readonly fileName: string;
}

/** What stands behind `deviceType`; real VMX files have none for NVMe. */
const DEVICE_TYPES: Readonly<Record<DiskBus, string | null>> = {
  scsi: 'scsi-hardDisk',
  ide: 'ata-hardDisk',
  sata: 'disk',
  nvme: null,
};

/**
 * Names a disk in a VMX, and the controller of its bus where that is not there yet, as the product spells them:
 *
 * ```
 * nvme0.present = "TRUE"
 * nvme0:1.present = "TRUE"
 * nvme0:1.fileName = "web_1.vmdk"
 * nvme0:1.mode = "independent-persistent"     left out where the disk takes part in snapshots
 * ```
 */
export function addDiskLines(vmx: Vmx, disk: DiskLines): void {
  for (const [key, value] of [...controllerLines(disk.node), ...diskLines(disk)]) vmx.set(key, value);
}

/** Takes a disk out of a VMX, with what is said of its node elsewhere (`sched.scsi0:1.shares`). Its controller stays. */
export function removeDiskLines(vmx: Vmx, node: DiskNode): void {
  const isOfNode = (key: string): boolean => key.startsWith(`${node}.`) || key.startsWith(`sched.${node}.`);
  for (const [key] of vmx.entries()) if (isOfNode(key.toLowerCase())) vmx.remove(key);
}

/** The lines of a disk alone. */
export function diskLines({ node, mode, fileName }: DiskLines): readonly [key: string, value: string][] {
  const deviceType = DEVICE_TYPES[partsOf(node).bus];
  return [
    [`${node}.present`, 'TRUE'],
    ...(deviceType === null ? [] : [[`${node}.deviceType`, deviceType] as [string, string]]),
    [`${node}.fileName`, fileName],
    ...(mode === 'persistent' ? [] : [[`${node}.mode`, formatDiskMode(mode)] as [string, string]]),
  ];
}

/** The lines of the controller that a node is on; a VM has its IDE controllers without a line. */
export function controllerLines(node: DiskNode): readonly [key: string, value: string][] {
  const { bus, controller } = partsOf(node);
  switch (bus) {
    case 'ide':
      return [];
    case 'scsi':
      return [
        [`scsi${controller}.present`, 'TRUE'],
        [`scsi${controller}.virtualDev`, 'pvscsi'],
      ];
    default:
      return [[`${bus}${controller}.present`, 'TRUE']];
  }
}
