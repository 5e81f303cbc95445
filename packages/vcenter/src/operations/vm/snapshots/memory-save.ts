import type { VmRecord } from '../../../database/schema.js';
import type { ReachedHost } from '../../../inventory/host-connections.js';
import { VCenterError } from '../../../terms/errors.js';

/**
 * Refuses to have the memory of an encrypted VM written to a host that cannot seal it: ESXi 6.5 has neither snapshots
 * with memory nor suspend of an encrypted VM (`encryptionMemorySaveSupported`; facts/vsphere-formats.md Q12).
 *
 * @param what in words, such as `suspend`
 * @throws VCenterError HOST_NOT_CAPABLE
 */
export function refuseUnsealedMemory({ name: host, api }: ReachedHost, vm: VmRecord, what: string): void {
  if (vm.keyId === null || api.capability.encryptionMemorySaveSupported) return;
  throw new VCenterError(
    { code: 'HOST_NOT_CAPABLE', host, version: api.version },
    `Host ${host} runs ESXi ${api.version}, which cannot ${what} of an encrypted VM. Use a host of ESXi 6.7 or later, or power VM ${vm.name} off first.`,
  );
}
