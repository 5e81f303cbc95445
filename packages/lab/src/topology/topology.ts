import { ADMINISTRATOR, DATASTORE_DEFAULT, SAMPLE_POLICY } from '@vcryptsim/vcenter';
import { SHIPPED_ROLES } from '@vcryptsim/vcenter/catalogue';
import { z } from 'zod';
import { type kmsSchema, machinesShape } from './machines.js';
import { nameSchema } from './names.js';
import { peopleShape } from './people.js';
import { vmSchema } from './vm.js';

/** Ours: a vCenter of vSphere 8 manages 40,000; a world of more than this does not fit the memory of a laptop. */
const VMS_MAX = 10_000;

/** The one vCenter of a lab that names none. */
export const VCENTER = 'vcenter';

/** The datacenter of a lab that names none. */
export const DATACENTER = 'dc-1';

const labShape = z.strictObject({
  ...machinesShape,
  ...peopleShape,
  vms: z
    .record(nameSchema, vmSchema)
    .refine((vms) => Object.keys(vms).length <= VMS_MAX, `at most ${VMS_MAX} VMs are possible`)
    .default({}),
});

/**
 * What stands before the first step: key servers, vCenters, hosts, datastores, people, policies, and the VMs that steps
 * create. The parts that the short form has are there whatever form was written.
 */
export const labSchema = labShape.superRefine(refuseBothForms).transform((said) => {
  const [firstProvider, ...more] = Object.entries(said.providers ?? {});
  const kms: LabProvider =
    said.kms ?? (firstProvider ? { provider: firstProvider[0], ...firstProvider[1] } : DEFAULT_KMS);
  const clusters = Object.entries(said.clusters ?? {});
  const inLongForm = said.clusters !== undefined || said.standalone !== undefined;
  const inShortForm = inLongForm ? (said.hosts ?? []) : (said.hosts ?? ['esx-1']);
  const inClusters = clusters.flatMap(([, { hosts }]) => hosts.map(({ name }) => name));
  return {
    ...said,
    kms,
    moreProviders: more.map(([provider, each]): LabProvider => ({ provider, ...each })),
    cluster: said.cluster ?? clusters[0]?.[0] ?? 'cluster-1',
    hosts: [...inShortForm, ...inClusters, ...Object.keys(said.standalone ?? {}), ...(said.spares ?? [])],
    datastore: said.datastore ?? Object.keys(said.datastores ?? {})[0] ?? 'datastore1',
  };
});

/** A key provider of a lab, with its key servers. */
export type LabProvider = z.output<typeof kmsSchema>;

/** What the short form and the long one both say. */
const FORMS = [
  ['kms', 'providers'],
  ['vcenter', 'vcenters'],
  ['hosts', 'clusters'],
  ['hosts', 'standalone'],
  ['cluster', 'clusters'],
  ['cluster', 'standalone'],
  ['datastore', 'datastores'],
] as const;

function refuseBothForms(said: z.output<typeof labShape>, context: z.RefinementCtx): void {
  for (const [short, long] of FORMS) {
    if (said[short] === undefined || said[long] === undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [long],
      message: `'${short}' and '${long}' both say it; keep one of them`,
    });
  }
}

const DEFAULT_KMS: LabProvider = { provider: 'corp-kms', nodes: ['kms-1'] };

type Normal = z.output<typeof labSchema>;

/** A checked lab. What only the long form says may be missing. */
export type Lab = Pick<Normal, 'kms' | 'cluster' | 'hosts' | 'datastore' | 'vms'> & Partial<Normal>;

/** The names that steps and expectations may use, by kind. */
export interface LabNames {
  readonly vms: readonly string[];
  readonly hosts: readonly string[];
  /** Key servers. */
  readonly nodes: readonly string[];
  readonly vcenters: readonly string[];
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
  const spares = new Set(lab.spares ?? []);
  return {
    ...{ vms, labVms: vms, labHosts: lab.hosts, hosts: lab.hosts.filter((name) => !spares.has(name)) },
    vcenters: Object.keys(lab.vcenters ?? { [VCENTER]: null }),
    nodes: [lab.kms, ...(lab.moreProviders ?? [])].flatMap(({ nodes }) => nodes),
    clusters:
      lab.clusters === undefined ? (lab.standalone === undefined ? [lab.cluster] : []) : Object.keys(lab.clusters),
    datacenters: lab.datacenters === undefined ? [DATACENTER] : Object.keys(lab.datacenters),
    folders: lab.folders ?? [],
    datastores: lab.datastores === undefined ? [lab.datastore] : Object.keys(lab.datastores),
    providers: [lab.kms, ...(lab.moreProviders ?? [])].map(({ provider }) => provider),
    users: [ADMINISTRATOR, ...(lab.users ?? [])],
    roles: [...Object.values(SHIPPED_ROLES).map(({ name }) => name), ...Object.keys(lab.roles ?? {})],
    policies: [SAMPLE_POLICY.name, DATASTORE_DEFAULT, ...Object.keys(lab.policies ?? {})],
  };
}

/** A schema that takes one of `names`, or any text when they are not known. */
export function oneOf(names: readonly string[] | undefined): z.ZodType<string> {
  return names === undefined ? z.string() : z.enum(names);
}
