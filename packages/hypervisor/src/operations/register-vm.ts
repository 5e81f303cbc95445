import { alreadyExists } from '../api/faults.js';
import type { VmInfo } from '../api/vm.js';
import { parseDatastorePath } from '../datastore/datastore-path.js';
import { checkServed, settleLock } from '../host/refresh-vm.js';
import { RegisteredVm } from '../host/registered-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import { checkVm } from '../vm-home/check-vm.js';
import { readVmConfig } from '../vm-home/vm-config.js';
import type { HostOperation } from './host-operation.js';

/**
 * Registers a VM whose files are there, by `[datastore] folder/name.vmx`. Without its key it is registered locked; files
 * that are not whole are refused. No file of the VM is written.
 *
 * @throws HypervisorError INVALID_ARGUMENT, NOT_SUPPORTED (encrypted, and the host's version has no encryption),
 *   ALREADY_EXISTS, and every diagnosis of its files
 */
export const registerVm: HostOperation<[vmxPath: string], VmInfo> = {
  vimName: 'Folder.RegisterVM_Task',
  changesInventory: true,
  perform: async (host, vmxPath) => {
    const path = parseDatastorePath(vmxPath);
    const config = await readVmConfig(await host.datastores.folderAt(path), path.fileName);
    checkServed(host, config);
    if (host.inventory.get(config.uuid) !== undefined) {
      throw alreadyExists(`A virtual machine with UUID ${config.uuid}`, 'Unregister it first.');
    }
    const vm = new RegisteredVm(config.uuid, path, config.name);
    vm.note({ config, locked: await checkVm(config, host) });
    await host.inventory.add(vm);
    host.events.emit({ type: 'VM_REGISTERED', vm: vm.uuid, encrypted: config.sealedHome !== null });
    if (vm.locked) host.events.emit({ type: 'VM_LOCKED', vm: vm.uuid, missingKeys: vm.missingKeys(host.keys) });
    await settleLock(host, vm);
    return vmInfoOf(vm, host.keys);
  },
};
