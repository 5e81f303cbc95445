import type { HostName, MoRef } from '@vcryptsim/ports';
import type { ComputeResourceRecord, UserName } from '../../database/schema.js';
import { hostEntity } from '../../records/entity.js';
import { codeOf, VCenterError } from '../../terms/errors.js';
import { impossiblePair } from '../../terms/versions.js';
import type { OperationContext } from '../operation-context.js';
import { keysOfInfo } from '../vm/cluster-keys.js';

/**
 * Whether a host that joins gets keys: it has encrypted VMs, or hosts of the cluster are in encryption mode. One that does
 * not answer gets none; it does not join either.
 *
 * @param cluster null for a standalone host
 */
export async function keysMustBeSent(
  { inventory, hosts }: OperationContext,
  name: HostName,
  cluster: ComputeResourceRecord | null,
): Promise<boolean> {
  if (cluster && inventory.hostsOf(cluster.id).some(({ requiresEncryption }) => requiresEncryption)) return true;
  if (inventory.hostNamed(name)) return false;
  try {
    const { api } = await hosts.call(name);
    return (await api.vms()).some((vm) => keysOfInfo(vm).length > 0);
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}

/** Takes a host into the inventory, notes what it has, brings it keys if the cluster is keyed, and begins its heartbeat. */
export async function joinHost(
  context: OperationContext,
  o: {
    readonly name: HostName;
    readonly user: UserName;
    readonly place: MoRef<'ClusterComputeResource' | 'Folder'>;
    readonly isKeyed: boolean;
  },
): Promise<MoRef<'HostSystem'>> {
  const { hosts, inventory, remediation, eventLog, version, watchHost } = context;
  const { api, runtime } = await hosts.call(o.name);
  const impossible = impossiblePair(version, api.version);
  if (impossible !== null) {
    const what = { host: o.name, version: api.version };
    throw new VCenterError(
      { code: 'HOST_VERSION', ...what },
      `${impossible}. Upgrade one of them, or add another host.`,
    );
  }
  const host = await inventory.addHost(o.place, {
    ...{ name: o.name, uuid: api.uuid, version: api.version, connectionState: 'connected' },
    ...{ cryptoState: runtime.cryptoState, requiresEncryption: o.isKeyed, incarnation: runtime.incarnation },
    datastores: [],
  });
  await eventLog.record({ type: 'vim.event.HostAddedEvent', entity: hostEntity(host), user: o.user });
  await inventory.seeDatastores(host, await api.datastores());
  await remediation.attend(host.id);
  watchHost(host.id);
  return host.id;
}
