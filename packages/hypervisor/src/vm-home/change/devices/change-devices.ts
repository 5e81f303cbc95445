import type { WorkControl } from '../../../api/work-control.js';
import { formatBundle } from '../../../formats/encryption-bundle.js';
import { openHomeOrLocked } from '../../attach-disk.js';
import { createDisk } from '../../create-disk.js';
import { type LinkConfig, linksOf } from '../../disk-config.js';
import { addDiskLines, removeDiskLines } from '../../disk-lines.js';
import type { BoundDisk } from '../../key-binding.js';
import { nameFrom } from '../../located-file.js';
import type { Sealer } from '../../seal-dek.js';
import type { VmConfig } from '../../vm-config.js';
import { readVmx } from '../../vmx-file.js';
import { boundOf } from '../change-disk.js';
import { resealHome } from '../change-home.js';
import type { ChangeRecord } from '../change-record.js';
import type { ChangedVm } from '../changed-vm.js';
import { commitChange } from '../commit-change.js';
import { refuseWithoutRoom } from '../make-change.js';
import { type Adoption, openForAdoption, sealAdoption } from './adopt-disk.js';
import { type AddedDisk, bytesOfDevices, type DevicePlan } from './plan-devices.js';

/**
 * Gives a VM disks and takes disks from it, as one: new extents and descriptors beside, a second pair in the descriptors of
 * disks that come, then the VMX with its sealed list of disks, then what only the VM as it was needed
 * (docs/on-disk-format.md section 4b).
 *
 * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, MIXED_KEYS, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, every diagnosis of
 *   the files; SwitchUnknown
 */
export async function changeDevices(
  config: VmConfig,
  plan: DevicePlan,
  sealer: Sealer,
  control: WorkControl,
): Promise<void> {
  const { folder, vmxFileName } = config;
  const adopted = plan.added.map((disk) => ({ disk, adoption: openForAdoption(disk.chain, config.uuid, sealer) }));
  await refuseWithoutRoom(config, bytesOfDevices(plan));
  const home = openHomeOrLocked(config, sealer);
  try {
    const vm = { config, home, sealer };
    const writeBeside = () => writeFiles(vm, plan, adopted, control);
    await commitChange({ folder, vmxFileName, record: recordOf(config, plan), writeBeside }, sealer);
  } finally {
    home?.dek.dispose();
  }
}

/** A disk that was there before, opened. */
interface Adopted {
  readonly disk: AddedDisk;
  /** Null for a plain one. */
  readonly adoption: Adoption | null;
}

function recordOf({ folder }: VmConfig, { created, added, removed }: DevicePlan): ChangeRecord {
  const isHere = (link: LinkConfig): boolean => link.folder.path === folder.path;
  const destroyed = removed.filter(({ destroy }) => destroy).flatMap(({ disk }) => linksOf(disk).filter(isHere));
  const resealed = added.flatMap(({ chain }) => (chain.encryption === null ? [] : linksOf(chain).filter(isHere)));
  return {
    made: [
      ...created.flatMap(({ extentFileName, fileName }) => [extentFileName, fileName]),
      // Nobody's descriptor yet, so nothing but this record tells what a cut leaves beside it.
      ...resealed.map(({ fileName }) => `${fileName}.new`),
    ],
    dropped: destroyed.flatMap(({ fileName, extentFileName }) => [fileName, extentFileName]),
  };
}

/** All files of the change but the VMX, which it returns. */
async function writeFiles(
  vm: ChangedVm,
  plan: DevicePlan,
  adopted: readonly Adopted[],
  control: WorkControl,
): Promise<Uint8Array> {
  const { config, sealer } = vm;
  const gone = new Set(plan.removed.map(({ disk }) => disk));
  const bound: BoundDisk[] = config.disks
    .filter((disk) => disk.encryption !== null && !gone.has(disk))
    .map((disk) => boundOf(vm, disk));
  for (const created of plan.created) {
    const made = await createDisk(created, config.uuid, config.folder, sealer, control);
    if (made !== null) bound.push(made);
  }
  for (const { adoption } of adopted) {
    if (adoption !== null) bound.push(await sealAdoption(adoption, config, sealer));
  }
  return composeVmx(vm, plan, bound);
}

async function composeVmx(vm: ChangedVm, plan: DevicePlan, bound: readonly BoundDisk[]): Promise<Uint8Array> {
  const { folder } = vm.config;
  const vmx = await readVmx(vm.config);
  for (const { disk } of plan.removed) removeDiskLines(vmx, disk.node);
  for (const disk of plan.created) addDiskLines(vmx, disk);
  for (const { node, mode, chain } of plan.added) addDiskLines(vmx, { node, mode, fileName: nameFrom(folder, chain) });
  const sealed = resealHome(vm, { kind: 'keep' }, { disks: bound, intent: null });
  if (sealed !== null) vmx.set('encryption.bundle', formatBundle([sealed]));
  return vmx.toBytes();
}
