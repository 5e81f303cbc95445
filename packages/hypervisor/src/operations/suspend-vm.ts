import { invalidPowerState, notSupported } from '../api/faults.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig } from '../host/refresh-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import type { RunningVm } from '../host/running-vm.js';
import { checkSettled, settleVm } from '../host/settle-vm.js';
import { whileLocked } from '../host/while-locked.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { isDropped } from '../vm-home/redo-log.js';
import { saveState } from '../vm-home/suspended-state.js';
import { vmOperation } from './host-operation.js';

/**
 * Writes the memory of a running VM into its folder and ends it; the next power on goes on from there. The memory of an
 * encrypted VM is sealed by its home's DEK (row S05); ESXi 6.5 does not do that (facts/vsphere-formats.md Q12). After a
 * refusal the VM runs on.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE, NOT_SUPPORTED, INVALID_STATE, NO_SPACE, every diagnosis of its
 *   files
 */
export const suspendVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.SuspendVM_Task',
  changesInventory: false,
  perform: async (host, vm) => {
    const { running } = vm;
    if (running === null) throw invalidPowerState(vm.name, vm.powerState);
    refuseMemorySave(host, vm);
    refuseDroppedDisks(vm);
    checkSettled(vm);
    const { folder } = await loadConfig(host, vm);
    await whileLocked(host, vm, folder, 'Suspended.', () => running.stunned(() => suspend(host, vm, running)));
    host.events.emit({ type: 'VM_SUSPENDED', vm: vm.uuid });
  },
});

/** Refuses with NOT_SUPPORTED to write or read the memory of an encrypted VM on a host whose version cannot. */
export function refuseMemorySave({ mode }: HostContext, { name, config }: RegisteredVm): void {
  if (config === null || config.sealedHome === null || mode.capability.encryptionMemorySaveSupported === true) return;
  throw notSupported(
    'memory of an encrypted VM',
    `A host of version ${mode.version} keeps no memory of an encrypted virtual machine, so ${name} cannot be suspended nor go on from a suspended state here. Use a host of version 6.7 or later, or power it off.`,
  );
}

/** Refuses with NOT_SUPPORTED where a disk drops what was written when the VM ends: saved memory would not fit it [ours O50]. */
export function refuseDroppedDisks({ name, config }: RegisteredVm): void {
  const dropped = config?.disks.find(isDropped);
  if (dropped === undefined) return;
  throw notSupported(
    'memory beside a non-persistent disk',
    `${name} has the disk ${dropped.folder.shown(dropped.fileName)}, which drops what is written to it, so its memory is not kept. Power it off, or remove the disk.`,
  );
}

/** Saves a stunned VM and ends it. Nothing is written to its disks from the saved memory on. */
async function suspend(host: HostContext, vm: RegisteredVm, running: RunningVm): Promise<void> {
  const end = async (): Promise<void> => {
    vm.note({ running: null });
    await running.breakOff();
  };
  const config = await settleVm(host, vm, await loadConfig(host, vm));
  try {
    await saveState({ config, home: running.home, sealer: host }, await running.memory.whole());
  } catch (error) {
    // Nobody knows whether the VMX names the saved memory. If it does, no disk may change any more.
    if (error instanceof SwitchUnknown) await end();
    throw error;
  }
  await end();
}
