import { invalidPowerState } from '../faults.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, lockIfKeyless, noteDamage, requireUnlocked } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';
import { RunningVm } from './running-vm.js';
import { releaseVmLock, takeVmLock } from './vm-lock.js';
import { appendLog } from './vm-log.js';

/**
 * Powers a VM on: reads its files again, opens its keys, its NVRAM and its disks. A refusal changes nothing.
 *
 * @throws HypervisorError INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, ENCRYPTED_DISK_ON_PLAIN_VM, FILE_LOCKED
 *   (another host runs it), FILE_INACCESSIBLE, and every diagnosis of its files
 */
export async function powerOnVm(host: HostContext, vm: RegisteredVm): Promise<void> {
  vm.checkPoweredOff();
  await requireUnlocked(host, vm);
  let running: RunningVm | null = null;
  try {
    const config = await loadConfig(host, vm);
    vm.config = config;
    await takeVmLock(vm, config.folder, host);
    running = await RunningVm.start(config, host);
    await appendLog(config.folder, host.clock, 'Powered on.');
    vm.damage = null;
  } catch (error) {
    // What the caller must hear of is why it does not run. A lock that stays is this boot's own, which takes it over.
    await running?.stop().catch(() => {});
    if (vm.config !== null) await releaseVmLock(vm, vm.config.folder, host).catch(() => {});
    noteDamage(host, vm, error);
    if (vm.damage === null) lockIfKeyless(host, vm);
    throw error;
  }
  vm.running = running;
  host.events.emit({ type: 'VM_POWERED_ON', vm: vm.uuid });
}

/**
 * Powers a VM off as pulling its plug does; what the guest had flushed is durable. When its home key has left the cache
 * meanwhile, the VM is locked from now on.
 *
 * @throws HypervisorError INVALID_POWER_STATE
 */
export async function powerOffVm(host: HostContext, vm: RegisteredVm): Promise<void> {
  const { running } = vm;
  if (running === null) throw invalidPowerState(vm.name, 'poweredOff');
  // The power is off from here on, whatever a file call says: the keys are gone.
  vm.running = null;
  const stopped = running.stop();
  await stopped.catch(() => {});
  host.events.emit({ type: 'VM_POWERED_OFF', vm: vm.uuid });
  lockIfKeyless(host, vm);
  try {
    await stopped;
    if (vm.config !== null) await appendLog(vm.config.folder, host.clock, 'Powered off.');
  } finally {
    if (vm.config !== null) await releaseVmLock(vm, vm.config.folder, host);
  }
}
