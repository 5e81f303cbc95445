import { type HostName, sectorCount, type VmName } from '@vcryptsim/ports';
import type { VmToMake } from './as-user.js';

/** An encrypted VM with one disk of 1 MiB, as the web client asks for it. */
export function encryptedVmOf(name: string, host = 'esx-1' as HostName): VmToMake {
  return { name: name as VmName, host, policy: 'VM Encryption Policy', disks: [{ capacity: sectorCount(2048) }] };
}
