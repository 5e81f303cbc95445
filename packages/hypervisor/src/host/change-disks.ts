import { HypervisorError } from '../api/errors.js';
import { invalidArgument, keyNotInCache, notSupported } from '../api/faults.js';
import type { VmReconfigureSpec } from '../api/reconfigure.js';
import type { VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import { parseDatastorePath } from '../datastore/datastore-path.js';
import { changeDevices } from '../vm-home/change/devices/change-devices.js';
import { growDisks, planGrowth } from '../vm-home/change/devices/grow-disk.js';
import { type DevicePlan, keysOfDevices, planDevices } from '../vm-home/change/devices/plan-devices.js';
import type { ChainConfig } from '../vm-home/disk-config.js';
import type { LocatedFile } from '../vm-home/located-file.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import { isUsedElsewhere, userOf } from './disk-users.js';
import type { HostContext } from './host-context.js';
import { loadConfig, requireUnlocked } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';
import { checkSettled, settleVm } from './settle-vm.js';
import { vmInfoOf } from './vm-info.js';
import { whileLocked } from './while-locked.js';

/** Whether a spec speaks of disks that come, go or grow. */
export function changesDisks({ addDisks, removeDisks, growDisks }: VmReconfigureSpec): boolean {
  return [addDisks, removeDisks, growDisks].some((disks) => disks !== undefined && disks.length > 0);
}

/**
 * Gives a VM that is off disks, takes disks from it, or makes them larger. A disk that is there already may be given to it
 * where no other VM has it; an encrypted one is sealed to its new VM and keeps its keys [ours O46].
 *
 * @throws HypervisorError as `reconfigureVm`
 */
export async function changeDisks(
  host: HostContext,
  vm: RegisteredVm,
  spec: VmReconfigureSpec,
  control: WorkControl,
): Promise<VmInfo> {
  refuseMixture(spec);
  await requireUnlocked(host, vm);
  checkSettled(vm);
  const found = await loadConfig(host, vm);
  await refuseLostBundle(found);
  await planAll(host, vm, found, spec);
  vm.checkPoweredOff();
  const { added, removed, grown } = await whileLocked(host, vm, found.folder, 'Changed disks.', async () => {
    const config = await settleVm(host, vm, await loadConfig(host, vm));
    const { devices, growth } = await planAll(host, vm, config, spec);
    if (growth.length > 0) await growDisks(config, growth, host, control);
    else await changeDevices(config, devices, host, control);
    return {
      added: devices.created.length + devices.added.length,
      removed: devices.removed.length,
      grown: growth.length,
    };
  });
  host.events.emit({ type: 'VM_DISKS_CHANGED', vm: vm.uuid, added, removed, grown });
  return vmInfoOf(vm, host.keys);
}

/** What the whole spec means for a VM, with all that refuses it. */
async function planAll(host: HostContext, vm: RegisteredVm, config: VmConfig, spec: VmReconfigureSpec) {
  const growth = planGrowth(config, spec.growDisks ?? []);
  const devices = await planDevices(config, spec, (path) => findDisk(host, path));
  await refuseUsed(host, vm, devices);
  checkKeys(host, vm, devices);
  return { devices, growth };
}

/** One switch makes one kind of change. */
function refuseMixture({ crypto, disks, addDisks, removeDisks, growDisks }: VmReconfigureSpec): void {
  const changesKeys = (crypto !== undefined && crypto.type !== 'NoOp') || (disks ?? []).length > 0;
  if (changesKeys) {
    throw invalidArgument(
      'addDisks',
      'Keys and disks of a VM are not changed together. Change the one, then the other.',
    );
  }
  if ((growDisks ?? []).length > 0 && (addDisks ?? []).length + (removeDisks ?? []).length > 0) {
    throw invalidArgument('growDisks', 'Disks do not grow while others come or go. Do the one, then the other.');
  }
}

async function findDisk({ datastores }: HostContext, text: string): Promise<LocatedFile> {
  const path = parseDatastorePath(text);
  return { folder: await datastores.folderAt(path), fileName: path.fileName };
}

async function refuseUsed(host: HostContext, vm: RegisteredVm, { added, removed }: DevicePlan): Promise<void> {
  const released = removed.map(({ disk }) => disk.deviceKey);
  for (const { chain } of added) {
    const user = await userOf(host, chain, vm, released);
    if (user !== null)
      throw diskInUse(chain, `${user} has it. A disk belongs to one virtual machine: remove it there first.`);
  }
  for (const { disk, destroy } of removed) {
    const isNeeded = destroy && isUsedElsewhere(host, vm, disk);
    if (destroy && disk.folder.path !== vm.config?.folder.path) {
      throw notSupported(
        'disk elsewhere',
        `The files of ${disk.folder.shown(disk.fileName)} are not in the folder of ${vm.name}, and stay. Remove the disk without destroying them.`,
      );
    }
    if (isNeeded) throw diskInUse(disk, 'A linked clone rests on it. Remove it without destroying its files.');
  }
}

function diskInUse(chain: ChainConfig, why: string): HypervisorError {
  const shown = chain.folder.shown(chain.fileName);
  return new HypervisorError({ code: 'INVALID_STATE', state: 'diskInUse' }, `The disk ${shown} is in use: ${why}`);
}

function checkKeys({ mode, keys }: HostContext, vm: RegisteredVm, devices: DevicePlan): void {
  const needed = keysOfDevices(devices);
  if (needed.length === 0) return;
  mode.checkSupported(`An encrypted disk of ${vm.name}`);
  mode.checkSafe();
  const missing = devices.created.flatMap(({ keyId }) => (keyId === null || keys.has(keyId) ? [] : [keyId]));
  if (missing.length > 0) throw keyNotInCache(missing);
}
