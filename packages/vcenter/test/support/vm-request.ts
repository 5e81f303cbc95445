import { type HostName, sectorCount, type VmName } from '@vcryptsim/ports';
import type { VmRequest } from '@vcryptsim/vcenter';

/** An encrypted VM with one disk of 1 MiB, as the web client asks for it. */
export function encryptedVmOf(name: string, host = 'esx-1' as HostName): VmRequest {
  return { name: name as VmName, host, policy: 'VM Encryption Policy', disks: [{ capacity: sectorCount(2048) }] };
}
