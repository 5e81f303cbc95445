import type { VmFolder } from '../datastore/vm-folder.js';
import { lockVmFiles, releaseVmLock, takeVmLock } from '../datastore/vm-lock.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, lockIfKeyless, noteDamage, requireUnlocked } from '../host/refresh-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import { RunningVm } from '../host/running-vm.js';
import { settleVm } from '../host/settle-vm.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { dropState } from '../vm-home/suspended-state.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import { appendLog } from '../vm-home/vm-log.js';
import { vmOperation } from './host-operation.js';
import { refuseMemorySave } from './suspend-vm.js';

/**
 * Powers a VM on: reads its files again, finishes or undoes what a cut left of a change, opens its keys, its NVRAM and its
 * disks. A suspended one goes on from its saved memory, which is gone afterwards. A refusal changes nothing else.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, ENCRYPTED_DISK_ON_PLAIN_VM,
 *   FILE_LOCKED (another host runs it), FILE_INACCESSIBLE, and every diagnosis of its files
 */
export const powerOnVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.PowerOnVM_Task',
  changesInventory: false,
  perform: async (host, vm) => {
    vm.checkNoTemplate('powered on');
    vm.checkNotRunning();
    await requireUnlocked(host, vm);
    if (vm.powerState === 'suspended') refuseMemorySave(host, vm);
    let running: RunningVm | null = null;
    try {
      const config = await loadConfig(host, vm);
      vm.note({ config });
      const brokenFrom = await takeVmLock(config.folder, vm.path.fileName, host);
      if (brokenFrom !== null) host.events.emit({ type: 'VM_LOCK_BROKEN', vm: vm.uuid });
      // Who had it may have changed its files while this host waited.
      const found = brokenFrom === null ? config : await loadConfig(host, vm);
      const settled = await settleVm(host, vm, found);
      vm.note({ config: settled });
      await lockVmFiles(settled.folder, vm.path.fileName, openFilesOf(settled));
      running = await RunningVm.start(settled, host);
      if (settled.stateFileName !== null) await forgetState(host, vm, settled);
      await appendLog(config.folder, host.clock, 'Powered on.');
      vm.note({ damage: null });
    } catch (error) {
      // What the caller must hear of is why it does not run. A lock that stays is this boot's own, which takes it over.
      await running?.stop().catch(() => {});
      if (vm.config !== null) await releaseVmLock(vm.config.folder, vm.path.fileName, host).catch(() => {});
      noteDamage(host, vm, error);
      if (vm.damage === null) lockIfKeyless(host, vm);
      throw error;
    }
    vm.note({ running });
    host.events.emit({ type: 'VM_POWERED_ON', vm: vm.uuid });
  },
});

/** The files that it keeps open, each with the file by which a refusal calls it. */
function openFilesOf({ disks }: VmConfig): { folder: VmFolder; fileName: string; shownAs: string }[] {
  return disks.map(({ folder, extentFileName, fileName }) => ({ folder, fileName: extentFileName, shownAs: fileName }));
}

/** Has the VMX name the saved state no more, before the guest writes to a disk: it would not fit the disk then. */
async function forgetState(host: HostContext, vm: RegisteredVm, config: VmConfig): Promise<void> {
  try {
    await dropState(config, host);
    vm.note({ config: { ...config, stateFileName: null } });
  } catch (error) {
    if (!(error instanceof SwitchUnknown)) throw error;
    vm.note({ isSettlingUnsafe: true });
    throw error.cause;
  }
}
