import type { EsxiVersion } from '@vcryptsim/hypervisor/api';
import type { VCenterSettings, VCenterVersion } from '@vcryptsim/vcenter';
import type { Privilege } from '@vcryptsim/vcenter/catalogue';
import { privilegesOf } from './people.js';
import { RELEASE } from './release.js';
import { DATACENTER, type Lab, VCENTER } from './topology.js';

/** Where hosts are in an inventory. */
interface HostPlace {
  readonly vcenter: string;
  readonly datacenter: string;
}

/** A site in one form, whatever form its lab was written in. */
export interface SitePlan {
  readonly vcenters: readonly {
    readonly name: string;
    readonly version: VCenterVersion;
    readonly settings: Partial<VCenterSettings>;
  }[];
  readonly datacenters: readonly { readonly name: string; readonly vcenter: string }[];
  readonly clusters: readonly (HostPlace & { readonly name: string; readonly hosts: readonly string[] })[];
  readonly standalone: readonly (HostPlace & { readonly name: string })[];
  /** Every machine, also one that is in no vCenter. */
  readonly hosts: readonly {
    readonly name: string;
    readonly version: EsxiVersion;
    readonly datastores: readonly string[];
    /** Path of its place in the lab, to point at. */
    readonly path: readonly (string | number)[];
    /** null for a spare one. */
    readonly vcenter: string | null;
  }[];
  readonly datastores: readonly DatastorePlan[];
  readonly roles: readonly { readonly name: string; readonly privileges: readonly Privilege[] }[];
}

/** Reads a lab as a site. */
export function sitePlanOf(lab: Lab): SitePlan {
  const vcenters = Object.entries(lab.vcenters ?? { [VCENTER]: lab.vcenter ?? {} }).map(([name, said]) => ({
    name,
    version: said.version ?? RELEASE.vcenter,
    settings: said.encryptedVCenter === undefined ? {} : { encryptedVCenter: said.encryptedVCenter },
  }));
  const first = vcenters[0]?.name ?? VCENTER;
  const datacenters = datacentersOf(lab, first);
  const placeOf = (said: { readonly vcenter?: string | undefined; readonly datacenter?: string | undefined }) => {
    const named = datacenters.find(({ name }) => name === said.datacenter);
    const vcenter = said.vcenter ?? named?.vcenter ?? first;
    const own = datacenters.find((each) => each.vcenter === vcenter);
    return { vcenter, datacenter: said.datacenter ?? own?.name ?? DATACENTER };
  };
  const datastores = datastoresOf(lab);
  const all = datastores.map(({ name }) => name);
  const inLongForm = lab.clusters !== undefined || lab.standalone !== undefined;
  const usual = { version: lab.esxi ?? RELEASE.esxi, datastores: all };
  const spares = (lab.spares ?? []).map((name, index) => {
    return { ...usual, name, path: ['spares', index], vcenter: null };
  });
  if (!inLongForm) {
    const place = placeOf({});
    const hosts = lab.hosts.filter((name) => !(lab.spares ?? []).includes(name));
    return {
      ...{ vcenters, datacenters, standalone: [], datastores },
      clusters: [{ ...place, name: lab.cluster, hosts }],
      hosts: [...hosts.map((name, index) => ({ ...usual, name, path: ['hosts', index], vcenter: first })), ...spares],
      roles: rolesOf(lab),
    };
  }
  const clusters = Object.entries(lab.clusters ?? {});
  const standalone = Object.entries(lab.standalone ?? {}) as [string, NonNullable<Lab['clusters']>[string]][];
  return {
    ...{ vcenters, datacenters, datastores },
    clusters: clusters.map(([name, said]) => ({ ...placeOf(said), name, hosts: said.hosts.map((host) => host.name) })),
    standalone: standalone.map(([name, said]) => ({ ...placeOf(said), name })),
    hosts: [
      ...clusters.flatMap(([cluster, said]) =>
        said.hosts.map((host, index) => ({
          name: host.name,
          version: ('version' in host ? host.version : undefined) ?? said.version ?? usual.version,
          datastores: ('datastores' in host ? host.datastores : undefined) ?? said.datastores ?? all,
          path: ['clusters', cluster, 'hosts', index],
          vcenter: placeOf(said).vcenter,
        })),
      ),
      ...standalone.map(([name, said]) => ({
        name,
        version: said.version ?? usual.version,
        datastores: said.datastores ?? all,
        path: ['standalone', name],
        vcenter: placeOf(said).vcenter,
      })),
      ...spares,
    ],
    roles: rolesOf(lab),
  };
}

/** A datastore as it will be. */
export interface DatastorePlan {
  readonly name: string;
  readonly type: 'VMFS' | 'NFS';
  /** What its files may take together; null for as much as the machine has. */
  readonly capacityBytes: number | null;
}

function datastoresOf(lab: Lab): readonly DatastorePlan[] {
  if (lab.datastores === undefined) return [{ name: lab.datastore, type: 'VMFS', capacityBytes: null }];
  return Object.entries(lab.datastores).map(([name, { type, capacity }]) => {
    return { name, type, capacityBytes: capacity ?? null };
  });
}

/** Names of the machines of a lab that have folders: hosts and datastores. */
export function machinesOf(lab: Lab): { readonly hosts: readonly string[]; readonly datastores: readonly string[] } {
  return { hosts: lab.hosts, datastores: sitePlanOf(lab).datastores.map(({ name }) => name) };
}

/** The releases that a lab plays, for people: `vCenter 7.0U3 with ESXi 7.0U2`. */
export function shownReleases(lab: Lab): string {
  const { vcenters, hosts } = sitePlanOf(lab);
  const each = (versions: readonly string[]) => [...new Set(versions)].sort().join(' and ');
  return `vCenter ${each(vcenters.map(({ version }) => version))} with ESXi ${each(hosts.map(({ version }) => version))}`;
}

/** Each vCenter has at least one datacenter; one that none is named for has that of a short lab. */
function datacentersOf(lab: Lab, first: string): readonly { readonly name: string; readonly vcenter: string }[] {
  const said = Object.entries(lab.datacenters ?? {}).map(([name, { vcenter }]) => ({
    name,
    vcenter: vcenter ?? first,
  }));
  const names = Object.keys(lab.vcenters ?? { [first]: {} });
  const without = names.filter((vcenter) => !said.some((each) => each.vcenter === vcenter));
  return [...said, ...without.map((vcenter) => ({ name: DATACENTER, vcenter }))];
}

function rolesOf({ roles = {} }: Lab): SitePlan['roles'] {
  return Object.keys(roles).map((name) => ({ name, privileges: privilegesOf(roles, name) ?? [] }));
}
