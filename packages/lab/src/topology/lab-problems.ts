import { impossiblePair } from '@vcryptsim/vcenter';
import { likenessOf } from './people.js';
import { type SitePlan, sitePlanOf } from './site-plan.js';
import { type Lab, namesOf } from './topology.js';

/** Something in a lab that is of the right form and means nothing. */
export interface LabProblem {
  /** From the lab on. */
  readonly path: readonly (string | number)[];
  /** A sentence without its full stop. */
  readonly message: string;
  /** A word that is not known, and those that are. */
  readonly unknown?: { readonly word: string; readonly known: readonly string[] };
}

type Path = LabProblem['path'];

/** Actors and words that a key server, a host or a vCenter cannot be called. */
const TAKEN_NAMES = ['all', 'kms', 'run', 'host-key'];
/** Names that are listed when one is not known. */
const KNOWN_SHOWN = 20;

/** Everything in a checked lab that cannot be built: names that mean two things or nothing, forms that exclude each other. */
export function labProblems(lab: Lab): readonly LabProblem[] {
  const plan = sitePlanOf(lab);
  return [
    ...clashes(lab, plan),
    ...unknownPlaces(lab, plan),
    ...unknownOfVms(lab),
    ...peopleProblems(lab),
    ...pairs(plan),
  ];
}

/** Names that mean two things. */
function clashes(lab: Lab, plan: SitePlan): LabProblem[] {
  const providers = [lab.kms, ...(lab.moreProviders ?? [])];
  const nodes = providers.flatMap(({ provider, nodes: names }) =>
    names.map((name, index) => ({
      name,
      path: lab.providers === undefined ? ['kms', 'nodes', index] : ['providers', provider, 'nodes', index],
    })),
  );
  const hosts = plan.hosts.map(({ name, path }) => ({ name, path }));
  const vcenters = Object.keys(lab.vcenters ?? {}).map((name) => ({ name, path: ['vcenters', name] }));
  const vms = Object.keys(lab.vms).map((name) => ({ name, path: ['vms', name] }));
  const problems: LabProblem[] = [];
  for (const { name, path } of [...nodes, ...hosts, ...vcenters, ...vms.filter((vm) => vm.name === 'host-key')]) {
    const isTaken = TAKEN_NAMES.includes(name) || (name === 'vcenter' && !vcenters.some((each) => each.path === path));
    if (isTaken) problems.push({ path, message: `'${name}' has a meaning of its own here; choose another name` });
  }
  const machines = new Map<string, string>();
  const kinds = [
    ...nodes.map((each) => ({ ...each, kind: 'a key server' })),
    ...hosts.map((each) => ({ ...each, kind: 'a host' })),
  ];
  for (const { name, path, kind } of kinds) {
    const before = machines.get(name.toLowerCase());
    const twice =
      before === kind ? `'${name}' is listed twice` : `'${name}' is ${before} and ${kind}; names are used once`;
    if (before !== undefined) problems.push({ path, message: twice });
    machines.set(name.toLowerCase(), before ?? kind);
  }
  const seen = new Map<string, string>();
  for (const { name, path } of vms) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) problems.push({ path, message: `'${name}' and '${twin}' differ only in case` });
    seen.set(name.toLowerCase(), name);
  }
  return problems;
}

/** What a cluster or a standalone host says of its place. */
interface Place {
  readonly vcenter?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly datastores?: readonly string[] | undefined;
}

function unknownPlaces(lab: Lab, plan: SitePlan): LabProblem[] {
  const vcenters = plan.vcenters.map(({ name }) => name);
  const datacenters = plan.datacenters.map(({ name }) => name);
  const datastores = plan.datastores.map(({ name }) => name);
  const places: readonly (readonly [Path, Place])[] = [
    ...Object.entries(lab.clusters ?? {}).map(([name, said]) => [['clusters', name], said] as const),
    ...Object.entries(lab.standalone ?? {}).map(([name, said]) => [['standalone', name], said] as const),
  ];
  return [
    ...Object.entries(lab.datacenters ?? {}).flatMap(([name, { vcenter }]) =>
      unknown('vCenter', vcenter, vcenters, ['datacenters', name, 'vcenter']),
    ),
    ...places.flatMap(([path, said]) => [
      ...unknown('vCenter', said.vcenter, vcenters, [...path, 'vcenter']),
      ...unknown('datacenter', said.datacenter, datacenters, [...path, 'datacenter']),
      ...(said.datastores ?? []).flatMap((name, index) =>
        unknown('datastore', name, datastores, [...path, 'datastores', index]),
      ),
    ]),
  ];
}

function unknownOfVms(lab: Lab): LabProblem[] {
  const { hosts, labHosts, datastores, folders } = namesOf(lab);
  const known = { hosts: new Set(labHosts), datastores: new Set(datastores), folders: new Set(folders) };
  return Object.entries(lab.vms).flatMap(([name, { host, datastore, folder }]) => [
    ...(known.hosts.has(host) ? [] : unknown('host', host, hosts, ['vms', name, 'host'])),
    ...(datastore === undefined || known.datastores.has(datastore)
      ? []
      : unknown('datastore', datastore, datastores, ['vms', name, 'datastore'])),
    ...(folder === undefined || folder.startsWith('/') || known.folders.has(folder)
      ? []
      : unknown('folder', folder, folders, ['vms', name, 'folder'])),
  ]);
}

function peopleProblems(lab: Lab): LabProblem[] {
  const { users, roles } = namesOf(lab);
  const own = lab.roles ?? {};
  const likes = Object.entries(own).flatMap(([name, { like }]) => {
    const path: Path = ['roles', name, 'like'];
    const chain = likenessOf(own, name);
    const last = chain.at(-1) ?? name;
    const next = Object.hasOwn(own, last) ? (own[last]?.like ?? null) : null;
    if (next === name) {
      return [{ path, message: `roles are like each other in a circle: ${[...chain, name].join(' is like ')}` }];
    }
    return unknown('role', like ?? undefined, roles, path);
  });
  const permissions = (lab.permissions ?? []).flatMap(({ user, role, on }, index) => [
    ...unknown('user', user, users, ['permissions', index, 'user']),
    ...unknown('role', role, roles, ['permissions', index, 'role']),
    ...unknownObject(lab, on, ['permissions', index, 'on']),
  ]);
  return [...likes, ...permissions];
}

/** VMs are not there yet when permissions are set; folders that a datacenter has by itself are. */
function unknownObject(lab: Lab, on: string, path: Path): LabProblem[] {
  if (on === '/') return [];
  const { hosts, clusters, datacenters, folders, datastores } = namesOf(lab);
  const known = [...datacenters, ...clusters, ...hosts, ...folders, ...datastores, 'vm', 'host', 'datastore'];
  const name = on.split('/').at(-1) ?? on;
  return known.includes(name) ? [] : unknown('object', on, ['/', ...known], path);
}

function pairs({ vcenters, hosts }: SitePlan): LabProblem[] {
  return hosts.flatMap(({ version, vcenter, path }) => {
    const of = vcenters.find(({ name }) => name === vcenter);
    const why = of === undefined ? null : impossiblePair(of.version, version);
    return why === null ? [] : [{ path, message: why }];
  });
}

function unknown(what: string, word: string | undefined, known: readonly string[], path: Path): LabProblem[] {
  if (word === undefined || known.includes(word)) return [];
  const more = known.length > KNOWN_SHOWN ? ` and ${known.length - KNOWN_SHOWN} more` : '';
  const message = `${what} '${word}' is not in this lab; known: ${known.slice(0, KNOWN_SHOWN).join(', ') || 'none'}${more}`;
  return [{ path, message, unknown: { word, known } }];
}
