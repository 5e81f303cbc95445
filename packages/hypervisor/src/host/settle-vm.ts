import { HypervisorError } from '../api/errors.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { type RewriteOutcome, resumeInPlace } from '../vm-home/change/in-place/resume-in-place.js';
import { settleChange } from '../vm-home/change/settle-change.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import type { HostContext } from './host-context.js';
import { loadConfig } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Finishes or undoes what a cut left of a change of this VM, under the lock that the caller holds, and goes on with a rewrite
 * in place that was interrupted. Not where the medium failed in the moment of the switch: then files are dropped after the
 * next boot only, when what is there is what is durable.
 *
 * @param config the VM as its files are now
 * @returns the VM as its files then are
 * @throws HypervisorError as {@link settleChange} and {@link resumeInPlace}; INVALID_STATE
 */
export async function settleVm(host: HostContext, vm: RegisteredVm, config: VmConfig): Promise<VmConfig> {
  if (vm.isSettlingUnsafe) {
    if (isBetween(config)) checkSettled(vm);
    return config;
  }
  const settled = await settleChange(config, host);
  const resumed = isBetween(config) ? await resume(host, vm, config) : 'nothing';
  const how = resumed === 'done' ? 'finished' : resumed === 'nothing' ? settled : resumed;
  if (how === 'nothing') return config;
  host.events.emit({ type: 'VM_CHANGE_SETTLED', vm: vm.uuid, how });
  return loadConfig(host, vm);
}

function isBetween({ disks }: VmConfig): boolean {
  return disks.some(({ journalFileName }) => journalFileName !== null);
}

async function resume(host: HostContext, vm: RegisteredVm, config: VmConfig): Promise<RewriteOutcome> {
  try {
    return await resumeInPlace(config, host, {});
  } catch (error) {
    if (!(error instanceof SwitchUnknown)) throw error;
    vm.note({ isSettlingUnsafe: true });
    throw error.cause;
  }
}

/** Refuses with INVALID_STATE while it is not known which VMX the medium has. */
export function checkSettled(vm: RegisteredVm): void {
  if (!vm.isSettlingUnsafe) return;
  throw new HypervisorError(
    { code: 'INVALID_STATE', state: 'unsettled' },
    `The medium failed in the moment when the files of virtual machine ${vm.name} were changed, and whether it keeps the change is not known. Reboot the host: after that its files say.`,
  );
}
