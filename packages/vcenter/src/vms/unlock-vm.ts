import type { VmUuid } from '@vcryptsim/ports';
import { VCenterError } from '../errors.js';
import { clusterAround, keysOfInfo, provideKeys, type VmContext } from './vm-context.js';

/**
 * CryptoUnlock_Task: brings the keys of the VM home and of all disks to the host, at once and whether or not an attempt
 * is due (facts/vsphere-encryption.md section 2, "Others").
 *
 * @throws VCenterError NOT_ENCRYPTED, or the first reason why a key did not reach the host
 */
export async function unlockVm(context: VmContext, uuid: VmUuid): Promise<void> {
  const hosts = await clusterAround(context, context.inventory.vm(uuid).host);
  const vm = await hosts[0]?.api.vm(uuid);
  const keys = vm ? keysOfInfo(vm) : [];
  if (keys.length === 0) {
    const { name } = context.inventory.vm(uuid);
    throw new VCenterError(
      { code: 'NOT_ENCRYPTED', vm: name },
      `VM ${name} is not encrypted; there is nothing to unlock.`,
    );
  }
  const [failure] = (await provideKeys(context, hosts, keys)).values();
  if (failure) throw failure;
}
