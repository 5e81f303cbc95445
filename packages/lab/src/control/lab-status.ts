import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { HostName, VmUuid } from '@vcryptsim/ports';
import { type KeyPlace, keyPlaces } from '../key-map/key-places.js';
import type { World } from '../world/world.js';

/** A key server as it is now. */
export interface KeyServerStatus {
  readonly name: string;
  readonly state: 'running' | 'off';
  /** What is wrong on vCenter's way to it, as `fault.kms` says it; null when nothing is. */
  readonly fault: string | null;
}

/** A host as it says itself, or as vCenter saw it last while it is down. */
export interface HostStatus {
  readonly name: string;
  readonly version: string;
  readonly state: 'up' | 'down';
  readonly cryptoState: string | null;
  /** Counts its boots; null while it is down. */
  readonly boot: number | null;
  /** VMs registered there. */
  readonly vms: number;
}

/** A VM as its host sees it now. */
export interface VmStatus {
  readonly name: string;
  /** Reference in vCenter, such as `vm-42`; null for one that vCenter does not know. */
  readonly id: string | null;
  readonly host: string;
  /** `poweredOn`, `poweredOff`, `suspended`; `unknown` while its host is down. */
  readonly powerState: string;
  readonly connectionState: string;
  /** `unlocked`, `locked`; of a plain VM `unlocked`. */
  readonly cryptoState: string;
  readonly encrypted: boolean;
}

/** An alarm that vCenter shows now. */
export interface AlarmStatus {
  readonly name: string;
  readonly object: string;
  readonly status: string;
  readonly message: string;
}

/** A lab as it is at one moment; all of it was asked for at that moment. */
export interface LabStatus {
  readonly name: string;
  /** The lab's time, ISO 8601. */
  readonly time: string;
  readonly clock: 'virtual' | 'real';
  readonly vcenter: string;
  readonly keyServers: readonly KeyServerStatus[];
  readonly hosts: readonly HostStatus[];
  readonly vms: readonly VmStatus[];
  readonly alarms: readonly AlarmStatus[];
  /** Columns of `keys`: names of the key servers, and of the hosts. */
  readonly keyColumns: { readonly servers: readonly string[]; readonly hosts: readonly string[] };
  /** Where each key is. */
  readonly keys: readonly KeyPlace[];
}

/** Looks at everything once: key servers, hosts, their VMs, vCenter's alarms, and where each key is. */
export async function labStatus(
  world: World,
  { name, clock }: { readonly name: string; readonly clock: 'virtual' | 'real' },
): Promise<LabStatus> {
  const { vcenter, hosts: rack } = world;
  const running = new Set(world.keyServers.running());
  const infos = new Map<HostName, readonly VmInfo[]>();
  const hosts: HostStatus[] = [];
  const seen = new Map(vcenter.hosts().map((host) => [host.name, host]));
  const registered = countBy(vcenter.vms().map(({ host }) => host));
  for (const host of rack.names()) {
    const up = rack.up(host);
    const runtime = await up?.runtime();
    const vms = (await up?.vms()) ?? null;
    if (vms !== null) infos.set(host, vms);
    const known = seen.get(host);
    hosts.push({
      name: host,
      version: up?.version ?? known?.version ?? 'unknown',
      state: up === null ? 'down' : 'up',
      cryptoState: runtime?.cryptoState ?? null,
      boot: runtime?.incarnation ?? null,
      vms: vms?.length ?? (known === undefined ? 0 : (registered.get(known.id) ?? 0)),
    });
  }
  return {
    name,
    time: new Date(world.clock.nowMs).toISOString(),
    clock,
    vcenter: vcenter.version,
    keyServers: world.keyServers.names().map((server) => ({
      name: server,
      state: running.has(server) ? 'running' : 'off',
      fault: world.faults.faultOf(server)?.kind ?? null,
    })),
    hosts,
    vms: vmsOf(world, infos),
    alarms: vcenter.alarms().map(({ name: alarm, entity, status, message }) => {
      return { name: alarm, object: entity.name, status, message };
    }),
    keyColumns: { servers: world.keyServers.names(), hosts: rack.names() },
    keys: await keyPlaces(world),
  };
}

/** How often each value is there. */
function countBy<T>(values: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** VMs as their hosts see them; those on hosts that are down, and only those, as vCenter knows them. */
function vmsOf({ vcenter }: World, infos: ReadonlyMap<HostName, readonly VmInfo[]>): VmStatus[] {
  const hostNames = new Map(vcenter.hosts().map((host) => [host.id, host.name]));
  const ids = new Map<VmUuid, string>(vcenter.vms().map((vm) => [vm.uuid, vm.id]));
  const onHosts = [...infos].flatMap(([host, vms]) =>
    vms.map((vm) => ({
      ...{ name: vm.name, id: ids.get(vm.uuid) ?? null, host, powerState: vm.powerState },
      ...{ connectionState: vm.connectionState, cryptoState: vm.cryptoState },
      encrypted: vm.keyId !== null || vm.disks.some(({ keyId }) => keyId !== null),
    })),
  );
  const unseen = vcenter.vms().flatMap((vm) => {
    const host = hostNames.get(vm.host);
    if (host === undefined || infos.has(host)) return [];
    return {
      ...{ name: vm.name, id: vm.id, host, powerState: 'unknown', connectionState: 'unknown', cryptoState: 'unknown' },
      encrypted: vm.keyId !== null || vm.disks.some(({ keyId }) => keyId !== null),
    };
  });
  return [...onHosts, ...unseen];
}
