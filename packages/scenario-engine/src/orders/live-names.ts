import { type Lab, type LabNames, namesOf, type World } from '@vcryptsim/lab';

/** The names that an order may use: those of the lab, and what vCenter has at this moment. */
export function liveNames(lab: Lab, { vcenter }: World): LabNames {
  const own = namesOf(lab);
  const withNow = (known: readonly string[], now: readonly { readonly name: string }[]) => [
    ...new Set([...known, ...now.map(({ name }) => name)]),
  ];
  return {
    ...own,
    vms: withNow(own.vms, vcenter.vms()),
    hosts: withNow(own.hosts, vcenter.hosts()),
    clusters: withNow(own.clusters, vcenter.computeResources()),
    datacenters: withNow(own.datacenters, vcenter.datacenters()),
    folders: withNow(own.folders, vcenter.folders()),
    roles: withNow(own.roles, vcenter.roles()),
    policies: withNow(own.policies, vcenter.policies()),
  };
}
