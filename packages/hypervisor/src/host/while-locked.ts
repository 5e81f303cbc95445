import type { VmFolder } from '../datastore/vm-folder.js';
import { releaseVmLock, takeVmLock } from '../datastore/vm-lock.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { appendLog } from '../vm-home/vm-log.js';
import type { HostContext } from './host-context.js';
import { loadConfig, refreshVm } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Changes the files of a VM under their lock, which a running VM holds already, and writes a line into its log; whatever
 * became of the files is then looked at again.
 *
 * @param line for the log, where the change succeeds
 */
export async function whileLocked<T>(
  host: HostContext,
  vm: RegisteredVm,
  folder: VmFolder,
  line: string,
  work: () => Promise<T>,
): Promise<T> {
  const isRunning = vm.running !== null;
  if (!isRunning) await takeVmLock(folder, vm.path.fileName, host);
  try {
    const done = await work();
    await appendLog(folder, host.clock, line);
    return done;
  } catch (error) {
    if (!(error instanceof SwitchUnknown)) throw error;
    vm.note({ isSettlingUnsafe: true });
    throw error.cause;
  } finally {
    if (vm.running === null) await releaseVmLock(folder, vm.path.fileName, host).catch(() => {});
    await lookAfter(host, vm);
  }
}

/** A running VM keeps what it opened; what its files name may be another now. */
async function lookAfter(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.running === null) await refreshVm(host, vm);
  else vm.note({ config: await loadConfig(host, vm) });
}
