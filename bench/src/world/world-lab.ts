import type { Lab } from '@vcryptsim/lab';

const HOSTS_IN_CLUSTER = 32;
/** Some thirty VMs a host; a cluster of vSphere 7.0 may have 8,000. */
const VMS_IN_CLUSTER = 1_000;
/** Size of each VM's one disk. */
export const DISK_BYTES: number = 64 * 1024;

/** Name of a guest by its number, from 0 on. */
export function guestName(number: number): string {
  return `guest-${String(number + 1).padStart(5, '0')}`;
}

/**
 * A lab of clusters of 32 hosts, one for each 1,000 VMs, and encrypted VMs of one disk each, spread over all hosts in
 * turn.
 */
export function worldLab(vms: number): Lab {
  const count = Math.max(1, Math.ceil(vms / VMS_IN_CLUSTER));
  const names = Array.from({ length: count }, (_, cluster) =>
    Array.from({ length: HOSTS_IN_CLUSTER }, (_host, at) => `esx-${cluster + 1}-${String(at + 1).padStart(2, '0')}`),
  );
  const hosts = names.flat();
  const guest = (number: number) => ({
    host: hosts[number % hosts.length] ?? '',
    disk: { size: DISK_BYTES, dataUnit: 512 as const },
    policy: 'VM Encryption Policy',
  });
  return {
    kms: { provider: 'corp-kms', nodes: ['kms-1'] },
    cluster: 'cluster-1',
    clusters: Object.fromEntries(
      names.map((own, cluster) => [`cluster-${cluster + 1}`, { hosts: own.map((name) => ({ name })) }]),
    ),
    hosts,
    datastore: 'datastore1',
    vms: Object.fromEntries(Array.from({ length: vms }, (_, number) => [guestName(number), guest(number)])),
  };
}
