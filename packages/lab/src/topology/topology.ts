import { ADMINISTRATOR, DATASTORE_DEFAULT, SAMPLE_POLICY } from '@vcryptsim/vcenter';
import { SHIPPED_ROLES } from '@vcryptsim/vcenter/catalogue';
import { z } from 'zod';
import { durationBetween, LONGEST_MS } from './duration.js';
import { externalKmsSchema } from './external-kms.js';
import { nameSchema, uniqueNames } from './names.js';
import { vmSchema } from './vm.js';

/** Ours: more than any provider has. */
const NODES_MAX = 16;
/** The most hosts that a cluster of vSphere 8 can have (VMware configuration maximums). */
const HOSTS_MAX = 96;
/** Ours: a scenario has at most as many steps. */
const VMS_MAX = 5_000;
/** A replica asks this often at most. */
const REPLICATION_MIN_MS = 100;
/** Actors and words that a key server or a host cannot be called. */
const TAKEN_NAMES = ['all', 'kms', 'vcenter', 'run', 'host-key'];

/** What stands before the first step: key servers, one cluster of hosts, a datastore, and the VMs that steps create. */
export const labSchema = z.strictObject({
  kms: z
    .strictObject({
      provider: nameSchema,
      nodes: uniqueNames(NODES_MAX),
      /** Somebody else's key server instead of our own; every node is a way to it. */
      external: externalKmsSchema.optional(),
      /** Each node has a store of its own; all others copy that of the first, which alone takes changes. */
      replication: z.strictObject({ every: durationBetween(REPLICATION_MIN_MS, LONGEST_MS) }).optional(),
    })
    .refine(({ nodes, replication }) => !replication || nodes.length > 1, 'replication needs a second node')
    .refine(
      ({ external, replication }) => !replication || !external,
      'replication is for the key servers of the lab, not for an external one',
    )
    .default({ provider: 'corp-kms', nodes: ['kms-1'] }),
  cluster: nameSchema.default('cluster-1'),
  hosts: uniqueNames(HOSTS_MAX).default(['esx-1']),
  datastore: nameSchema.default('datastore1'),
  vms: z
    .record(nameSchema, vmSchema)
    .refine((vms) => Object.keys(vms).length <= VMS_MAX, `at most ${VMS_MAX} VMs are possible`)
    .default({}),
});

/** A checked lab. */
export type Lab = z.output<typeof labSchema>;

/** The names that steps and expectations may use, by kind. */
export interface LabNames {
  readonly vms: readonly string[];
  readonly hosts: readonly string[];
  /** Key servers. */
  readonly nodes: readonly string[];
  readonly clusters: readonly string[];
  readonly datacenters: readonly string[];
  readonly folders: readonly string[];
  readonly datastores: readonly string[];
  readonly providers: readonly string[];
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly policies: readonly string[];
  /** VMs and hosts of the lab itself, without those that steps make. */
  readonly labVms: readonly string[];
  readonly labHosts: readonly string[];
}

/** Collects the names of a lab, with those that every vCenter has. */
export function namesOf(lab: Lab): LabNames {
  const vms = Object.keys(lab.vms);
  return {
    ...{ vms, labVms: vms, hosts: lab.hosts, labHosts: lab.hosts, nodes: lab.kms.nodes },
    ...{ clusters: [lab.cluster], datacenters: ['dc-1'], folders: [], datastores: [lab.datastore] },
    providers: [lab.kms.provider],
    users: [ADMINISTRATOR],
    roles: Object.values(SHIPPED_ROLES).map(({ name }) => name),
    policies: [SAMPLE_POLICY.name, DATASTORE_DEFAULT],
  };
}

/** Names of a lab that mean two things, each with the path of the one to change. */
export function nameClashes(lab: Lab): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const nodes = lab.kms.nodes.map((name, index) => ({ name, path: ['lab', 'kms', 'nodes', index] }));
  const hosts = lab.hosts.map((name, index) => ({ name, path: ['lab', 'hosts', index] }));
  const vms = Object.keys(lab.vms).map((name) => ({ name, path: ['lab', 'vms', name] }));
  const nodeNames = new Set(lab.kms.nodes.map((name) => name.toLowerCase()));
  const seenVms = new Map<string, string>();
  const clashes: { path: (string | number)[]; message: string }[] = [];
  for (const { name, path } of [...nodes, ...hosts, ...vms.filter((vm) => vm.name === 'host-key')]) {
    if (TAKEN_NAMES.includes(name))
      clashes.push({ path, message: `'${name}' has a meaning of its own here; choose another name` });
  }
  for (const { name, path } of hosts) {
    if (nodeNames.has(name.toLowerCase()))
      clashes.push({ path, message: `'${name}' is a key server and a host; names are used once` });
  }
  for (const { name, path } of vms) {
    const twin = seenVms.get(name.toLowerCase());
    if (twin !== undefined) clashes.push({ path, message: `'${name}' and '${twin}' differ only in case` });
    seenVms.set(name.toLowerCase(), name);
  }
  return clashes;
}

/** A schema that takes one of `names`, or any text when they are not known. */
export function oneOf(names: readonly string[] | undefined): z.ZodType<string> {
  return names === undefined ? z.string() : z.enum(names);
}
