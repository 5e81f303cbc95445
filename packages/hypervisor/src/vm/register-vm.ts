import { parseDatastorePath } from '../datastore/datastore-path.js';
import { alreadyExists } from '../faults.js';
import { folderAt, type HostContext } from '../host/host-context.js';
import { checkVm } from './check-vm.js';
import { settleLock } from './refresh-vm.js';
import { RegisteredVm } from './registered-vm.js';
import { readVmConfig } from './vm-config.js';

/**
 * Registers a VM whose files are there. Without its key it is registered locked; files that are not whole are refused.
 * No file of the VM is written.
 *
 * @param vmxPath `[datastore] folder/name.vmx`
 * @throws HypervisorError INVALID_ARGUMENT, ALREADY_EXISTS, and every diagnosis of its files
 */
export async function registerVm(host: HostContext, vmxPath: string): Promise<RegisteredVm> {
  const path = parseDatastorePath(vmxPath);
  const config = await readVmConfig(await folderAt(host, path), path.fileName);
  if (host.inventory.get(config.uuid) !== undefined) {
    throw alreadyExists(`A virtual machine with UUID ${config.uuid}`, 'Unregister it first.');
  }
  const vm = new RegisteredVm(config.uuid, path, config.name);
  vm.config = config;
  vm.locked = await checkVm(config, host);
  await host.inventory.add(vm);
  host.waiting.note(vm);
  host.events.emit({ type: 'VM_REGISTERED', vm: vm.uuid, encrypted: config.sealedHome !== null });
  if (vm.locked) host.events.emit({ type: 'VM_LOCKED', vm: vm.uuid, missingKeys: vm.missingKeys(host.keys) });
  await settleLock(host, vm);
  return vm;
}

/**
 * Forgets a powered-off VM, locked or not; its files stay.
 *
 * @throws HypervisorError INVALID_POWER_STATE
 */
export async function unregisterVm(host: HostContext, vm: RegisteredVm): Promise<void> {
  vm.checkPoweredOff();
  await host.inventory.remove(vm.uuid);
  host.waiting.forget(vm);
  host.events.emit({ type: 'VM_UNREGISTERED', vm: vm.uuid });
}
