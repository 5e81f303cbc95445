import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { alreadyExists, keyNotInCache } from '../api/faults.js';
import type { VmCreateSpec, VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import type { HostContext } from '../host/host-context.js';
import { settleLock } from '../host/refresh-vm.js';
import { RegisteredVm } from '../host/registered-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import { readVmConfig } from '../vm-home/vm-config.js';
import { keysNeededFor, planVm, type VmPlan } from '../vm-home/vm-plan.js';
import { writeVmHome } from '../vm-home/write-vm-home.js';
import type { HostOperation } from './host-operation.js';

/** Room for the small files of a VM. */
const SMALL_FILES_BYTES = 64 * 1024;

/**
 * Makes a VM: folder, disks, log, NVRAM, then the VMX, then the entry in the inventory, each durable before the next.
 * A cut before the last step leaves a folder and no registered VM; after it the VM is whole. A failure takes the
 * folder away again.
 *
 * @throws HypervisorError INVALID_ARGUMENT, NOT_SUPPORTED, ENCRYPTED_DISK_ON_PLAIN_VM, INVALID_STATE (host not safe),
 *   KEY_NOT_IN_CACHE, ALREADY_EXISTS, CANCELED, NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_INACCESSIBLE
 */
export const createVm: HostOperation<[spec: VmCreateSpec, control?: WorkControl], VmInfo> = {
  vimName: 'Folder.CreateVM_Task',
  changesInventory: true,
  perform: async (host, spec, control = {}) => {
    const plan = planVm(spec);
    checkAllowed(plan, host);
    const datastore = host.datastores.named(spec.datastore);
    // A thin disk takes its room when it is written.
    const thick = plan.disks.filter(({ provisioning }) => provisioning !== 'thin');
    const diskBytes = thick.reduce((sum, disk) => sum + disk.capacity * SECTOR_SIZE_BYTES, 0);
    const folder = await datastore.createVmFolder(plan.name, diskBytes + SMALL_FILES_BYTES);
    const fileName = `${plan.name}.vmx`;
    const vm = new RegisteredVm(plan.uuid, { datastore: folder.datastore, folder: folder.name, fileName }, plan.name);
    try {
      await writeVmHome(plan, folder, fileName, host, control);
      vm.note({ config: await readVmConfig(folder, fileName) });
      await host.inventory.add(vm);
    } catch (error) {
      // The first failure is what the caller must hear of; what cannot be removed now stays as an unregistered folder.
      // Where the medium may name the VM all the same, the next boot must find its files.
      if (host.inventory.isKnown) await folder.removeAll().catch(() => {});
      throw error;
    }
    host.events.emit({ type: 'VM_CREATED', vm: vm.uuid, encrypted: plan.keyId !== null, disks: plan.disks.length });
    host.events.emit({ type: 'VM_REGISTERED', vm: vm.uuid, encrypted: plan.keyId !== null });
    await settleLock(host, vm);
    return vmInfoOf(vm, host.keys);
  },
};

function checkAllowed(plan: VmPlan, { inventory, mode, keys }: HostContext): void {
  inventory.checkKnown();
  if (inventory.get(plan.uuid) !== undefined) {
    throw alreadyExists(`A virtual machine with UUID ${plan.uuid}`, 'Unregister it or take another UUID.');
  }
  const needed = keysNeededFor(plan);
  if (needed.length === 0) return;
  mode.checkSupported(`An encrypted virtual machine, ${plan.name},`);
  mode.checkSafe();
  const missing = needed.filter((id) => !keys.has(id));
  if (missing.length > 0) throw keyNotInCache(missing);
}
