import { assert, SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { DiskGrowSpec } from '../../../api/device-change.js';
import { invalidArgument, rewriteUnfinished, snapshotsPresent } from '../../../api/faults.js';
import type { WorkControl } from '../../../api/work-control.js';
import { growExtent } from '../../../disk/grow-extent.js';
import { formatBundle, type SealedDek } from '../../../formats/encryption-bundle.js';
import { openHomeOrLocked, openKeyOrRefuse } from '../../attach-disk.js';
import { descriptorIn } from '../../descriptor-file.js';
import type { DiskConfig } from '../../disk-config.js';
import { bindingOf } from '../../open-bundle.js';
import { resealPair, type Sealer } from '../../seal-dek.js';
import { diskAt, type VmConfig } from '../../vm-config.js';
import { checkCapacity } from '../../vm-plan.js';
import { boundOf } from '../change-disk.js';
import type { ChangedVm } from '../changed-vm.js';
import { refuseWithoutRoom } from '../make-change.js';

/** A disk and how large it is to be. */
export interface DiskGrowth {
  readonly disk: DiskConfig;
  readonly capacity: SectorCount;
}

/**
 * Settles which disks grow.
 *
 * @throws HypervisorError DISK_NOT_FOUND, INVALID_ARGUMENT (not larger, or twice), SNAPSHOTS_PRESENT, INVALID_STATE
 */
export function planGrowth(config: VmConfig, specs: readonly DiskGrowSpec[]): readonly DiskGrowth[] {
  const grown = new Set<DiskConfig>();
  return specs.map(({ deviceKey, capacity }) => {
    const disk = diskAt(config, deviceKey);
    const shown = disk.folder.shown(disk.fileName);
    if (grown.has(disk))
      throw invalidArgument('growDisks.deviceKey', `Disk ${deviceKey} occurs twice. Name each disk once.`);
    grown.add(disk);
    if (disk.journalFileName !== null) throw rewriteUnfinished(shown);
    if (disk.parents.length > 0) throw snapshotsPresent(config.name, 'any');
    checkCapacity(capacity, Number(disk.encryption?.dataUnitSize ?? SECTOR_SIZE_BYTES), 'growDisks.capacity');
    if (capacity <= disk.capacity) {
      throw invalidArgument(
        'growDisks.capacity',
        `The disk ${shown} has ${disk.capacity} sectors; with ${capacity} it would not be larger, and it is never made smaller.`,
      );
    }
    return { disk, capacity };
  });
}

/** Bytes by which disks grow. */
export function bytesOfGrowth(growth: readonly DiskGrowth[]): number {
  return growth.reduce((sum, { disk, capacity }) => sum + (capacity - disk.capacity) * SECTOR_SIZE_BYTES, 0);
}

/**
 * Makes disks larger, one after the other. Of each the extent first, then its descriptor by one rename, with a bundle that is
 * sealed to the new size: the VM opens with the old size before that rename, and with the new one after it.
 *
 * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, every diagnosis of the files
 */
export async function growDisks(
  config: VmConfig,
  growth: readonly DiskGrowth[],
  sealer: Sealer,
  control: WorkControl,
): Promise<void> {
  await refuseWithoutRoom(config, bytesOfGrowth(growth));
  const home = openHomeOrLocked(config, sealer);
  try {
    for (const one of growth) await growDisk({ config, home, sealer }, one, control);
  } finally {
    home?.dek.dispose();
  }
}

async function growDisk(vm: ChangedVm, { disk, capacity }: DiskGrowth, control: WorkControl): Promise<void> {
  const { config, home, sealer } = vm;
  const { folder, fileName } = disk;
  const key = openKeyOrRefuse(disk, config, home, sealer);
  try {
    await growExtent({ from: disk, capacity, key, isSparse: disk.isThin }, folder, control);
  } finally {
    key?.dek.dispose();
  }
  const editor = await descriptorIn(folder, fileName);
  editor.resizeExtent(capacity);
  if (disk.encryption !== null) editor.setHeader('encryptionKeys', formatBundle([resealTo(vm, disk, capacity)]));
  await folder.replace(fileName, editor.toBytes());
}

/** The pair of a disk, sealed to another size. */
function resealTo(vm: ChangedVm, disk: DiskConfig, capacity: SectorCount): SealedDek {
  const { generation } = boundOf(vm, disk);
  for (const pair of disk.encryption?.sealed ?? []) {
    const binding = bindingOf(pair, generation, disk.folder.shown(disk.fileName), vm.sealer);
    if (binding !== null) return resealPair(pair, pair.keyId, { ...binding, capacity: String(capacity) }, vm.sealer);
  }
  assert(false, 'a bundle that was just opened has a pair that opens');
}
