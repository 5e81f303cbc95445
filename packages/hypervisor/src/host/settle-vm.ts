import { HypervisorError } from '../api/errors.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { SwitchUnknown } from '../vm-home/change/commit-change.js';
import { type RewriteOutcome, resumeInPlace } from '../vm-home/change/in-place/resume-in-place.js';
import { settleChange } from '../vm-home/change/settle-change.js';
import type { HostContext } from './host-context.js';
import { loadConfig } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Finishes or undoes what a cut left of a change of this VM, under the lock that the caller holds. Not where the medium
 * failed in the moment of the switch: then files are dropped after the next boot only, when what is there is what is durable.
 *
 * @throws HypervisorError as {@link settleChange}
 */
export async function settleVm(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.isSettlingUnsafe) {
    if (vm.config?.disks.some(({ journalFileName }) => journalFileName !== null)) checkSettled(vm);
    return;
  }
  const folder = await host.datastores.folderAt(vm.path);
  const settled = await settleChange(folder, vm.path.fileName, host);
  const resumed = await resume(folder, host, vm);
  if (settled === 'nothing' && resumed === 'nothing') return;
  const how = resumed === 'nothing' ? settled : resumed === 'done' ? 'finished' : 'undone';
  if (how !== 'nothing') host.events.emit({ type: 'VM_CHANGE_SETTLED', vm: vm.uuid, how });
  vm.note({ config: await loadConfig(host, vm) });
}

async function resume(folder: VmFolder, host: HostContext, vm: RegisteredVm): Promise<RewriteOutcome> {
  try {
    return await resumeInPlace(folder, vm.path.fileName, host, {});
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
