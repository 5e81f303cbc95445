import type { VmUuid } from '@vcryptsim/ports';
import { clusterAround, provideKeys, type VmContext } from './vm-context.js';

/**
 * PowerOnVM_Task. While the host has the keys, nobody is asked; else they are fetched by ID and pushed first
 * (facts/vsphere-encryption.md section 1, "power on").
 *
 * @throws VCenterError why the key of a locked VM could not be had; HypervisorError DISK_KEY_MISSING when only a disk's
 *   is missing, since then the VM itself looks normal (row S30)
 */
export async function powerOnVm(context: VmContext, uuid: VmUuid): Promise<void> {
  const host = await context.hosts.reach(context.inventory.vm(uuid).host);
  const { missingKeys } = await host.api.vm(uuid);
  if (missingKeys.length > 0) {
    const failures = await provideKeys(context, await clusterAround(context, host.name), missingKeys);
    const [failure] = failures.values();
    if (failure && (await host.api.vm(uuid)).cryptoState === 'locked') throw failure;
  }
  await host.api.powerOnVm(uuid);
  await context.inventory.seeVms(host.name, [await host.api.vm(uuid)]);
}

/** PowerOffVM_Task: a hard power-off. @throws VCenterError, HypervisorError */
export async function powerOffVm(context: VmContext, uuid: VmUuid): Promise<void> {
  const host = await context.hosts.reach(context.inventory.vm(uuid).host);
  await host.api.powerOffVm(uuid);
  await context.inventory.seeVms(host.name, [await host.api.vm(uuid)]);
}
