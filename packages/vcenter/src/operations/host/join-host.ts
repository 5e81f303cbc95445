import type { HostName, MoRef } from '@vcryptsim/ports';
import type { ComputeResourceRecord, UserName } from '../../database/schema.js';
import { hostEntity } from '../../records/entity.js';
import { VCenterError } from '../../terms/errors.js';
import { impossiblePair } from '../../terms/versions.js';
import type { OperationContext } from '../operation-context.js';

/** Whether a host that joins this cluster gets keys: hosts of it are in encryption mode. */
export function keysMustBeSent({ inventory }: OperationContext, cluster: ComputeResourceRecord): boolean {
  return inventory.hostsOf(cluster.id).some(({ requiresEncryption }) => requiresEncryption);
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
