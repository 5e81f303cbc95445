import { z } from 'zod';
import { durationBetween, LONGEST_MS } from './duration.js';
import { externalKmsSchema } from './external-kms.js';
import { pathSchema } from './plain-text.js';
import { diskSizeSchema } from './size.js';

/** Names become folder names and address-book entries, so they are kept plain. */
const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name has letters, digits, dots, dashes and underscores, at most 63');

/** Names that may not repeat, not even in another case: on some systems the two are one folder. */
const uniqueNames = (most: number) =>
  z
    .array(nameSchema)
    .min(1, 'at least one is needed')
    .max(most, `at most ${most} are possible`)
    .superRefine((names, context) => {
      for (const [index, name] of names.entries()) {
        const twin = names.slice(0, index).find((other) => other.toLowerCase() === name.toLowerCase());
        if (twin === undefined) continue;
        const message = twin === name ? `'${name}' is listed twice` : `'${name}' and '${twin}' differ only in case`;
        context.addIssue({ code: 'custom', path: [index], message });
      }
    });

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

/** The storage policies there are: VMware's sample encryption policy, and the one that asks for nothing. */
export const STORAGE_POLICIES = ['VM Encryption Policy', 'Datastore Default'] as const;

const diskSchema = z.strictObject({
  /** Capacity in bytes; with an image it may be left out, and is the image's size then. */
  size: diskSizeSchema.optional(),
  /** Bytes per XTS data unit. */
  dataUnit: z.union([z.literal(512), z.literal(4096)]).default(512),
  /** A raw image or flat VMDK that fills the disk, relative to the scenario file. */
  image: pathSchema.optional(),
});

const vmSchema = z.strictObject({
  host: nameSchema,
  disk: z.union([
    diskSizeSchema.transform((size) => ({ size, dataUnit: 512 as const })),
    diskSchema.refine((disk) => disk.size !== undefined || disk.image !== undefined, "'size' or 'image' is missing"),
  ]),
  policy: z.enum(STORAGE_POLICIES).default('VM Encryption Policy'),
});

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
/** One VM of a lab. */
export type LabVm = Lab['vms'][string];

/** The names that steps and expectations may use. */
export interface LabNames {
  readonly vms: readonly string[];
  readonly hosts: readonly string[];
  readonly nodes: readonly string[];
}

/** Collects the names of a lab. */
export function namesOf(lab: Lab): LabNames {
  return { vms: Object.keys(lab.vms), hosts: lab.hosts, nodes: lab.kms.nodes };
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
