import type { HostName, VmUuid } from '@vcryptsim/ports';
import { clusterAround, keysOfInfo, provideKeys, type VmContext } from './vm-context.js';

/**
 * RegisterVM_Task. Keys that the host lacks are fetched by the IDs and the provider's name that the VM's files hold. If
 * they cannot be had, the VM is registered all the same, locked, and its alarm says why (row S20).
 *
 * @param o.vmxPath `[datastore] folder/name.vmx`
 * @throws VCenterError, HypervisorError
 */
export async function registerVm(
  context: VmContext,
  o: { readonly host: HostName; readonly vmxPath: string },
): Promise<VmUuid> {
  const hosts = await clusterAround(context, o.host);
  const { api } = await context.hosts.reach(o.host);
  const vm = await api.registerVm(o.vmxPath);
  await context.inventory.seeVms(o.host, [vm]);
  const keys = keysOfInfo(vm);
  if (keys.length > 0) await provideKeys(context, hosts, keys);
  return vm.uuid;
}

/** UnregisterVM: forgets a powered-off or locked VM; its files and its keys at the key server stay. */
export async function unregisterVm(context: VmContext, uuid: VmUuid): Promise<void> {
  const { api } = await context.hosts.reach(context.inventory.vm(uuid).host);
  await api.unregisterVm(uuid);
  await context.watch.forget(context.inventory.vm(uuid));
  await context.inventory.removeVm(uuid);
}
