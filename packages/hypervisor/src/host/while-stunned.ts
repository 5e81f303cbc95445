import type { HostContext } from './host-context.js';
import { loadConfig } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';
import type { RunningVm } from './running-vm.js';

/**
 * Changes the links of a VM's disks while its guest waits; afterwards, also after a failure, the guest goes on with what the
 * files then say. Where they cannot be opened it cannot go on, and the VM is off.
 */
export async function whileStunned<T>(host: HostContext, vm: RegisteredVm, work: () => Promise<T>): Promise<T> {
  const { running } = vm;
  if (running === null) return work();
  return running.stunned(async () => {
    let isDone = false;
    try {
      const done = await work();
      isDone = true;
      return done;
    } finally {
      // Of two errors the first is what the caller must hear of.
      await reopen(host, vm, running).catch((error: unknown) => {
        if (isDone) throw error;
      });
    }
  });
}

/** Opens the disks of a stunned VM again as its files say now. */
export async function reopen(host: HostContext, vm: RegisteredVm, running: RunningVm): Promise<void> {
  try {
    const config = await loadConfig(host, vm);
    await running.reopenDisks(config, host);
    vm.note({ config });
  } catch (error) {
    vm.note({ running: null });
    await running.breakOff();
    host.events.emit({ type: 'VM_POWERED_OFF', vm: vm.uuid });
    throw error;
  }
}
