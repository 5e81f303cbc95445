import type { VmUuid } from '@vcryptsim/ports';
import { vmNotFound } from '../api/faults.js';
import type { HostContext } from './host-context.js';
import type { RegisteredVm } from './registered-vm.js';

/** The registered VM with that UUID; throws VM_NOT_FOUND. */
export function findVm({ identity, inventory }: HostContext, uuid: VmUuid): RegisteredVm {
  const vm = inventory.get(uuid);
  if (vm === undefined) throw vmNotFound(uuid, identity.name);
  return vm;
}

/** Runs work on a VM when all before it has ended; throws VM_NOT_FOUND, also when the VM left meanwhile. */
export async function onVm<T>(host: HostContext, uuid: VmUuid, work: (vm: RegisteredVm) => Promise<T>): Promise<T> {
  const vm = findVm(host, uuid);
  return vm.lane.run(() => {
    // It may have been unregistered while this call waited for its turn.
    findVm(host, uuid);
    return work(vm);
  });
}
