import { z } from 'zod';
import { durationSchema } from './duration.js';
import { externalKmsSchema } from './external-kms.js';
import { diskSizeSchema } from './size.js';

/** Names become folder names and address-book entries, so they are kept plain. */
const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name has letters, digits, dots, dashes and underscores, at most 63');

const uniqueNames = z
  .array(nameSchema)
  .min(1, 'at least one is needed')
  .refine((names) => new Set(names).size === names.length, 'a name stands here twice');

/** The storage policies there are: VMware's sample encryption policy, and the one that asks for nothing. */
export const STORAGE_POLICIES = ['VM Encryption Policy', 'Datastore Default'] as const;

const diskSchema = z.strictObject({
  /** Capacity in bytes; with an image it may be left out, and is the image's size then. */
  size: diskSizeSchema.optional(),
  /** Bytes per XTS data unit. */
  dataUnit: z.union([z.literal(512), z.literal(4096)]).default(512),
  /** A raw image or flat VMDK that fills the disk, relative to the scenario file. */
  image: z.string().min(1).optional(),
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
      nodes: uniqueNames,
      /** Somebody else's key server instead of our own; every node is a way to it. */
      external: externalKmsSchema.optional(),
      /** Each node has a store of its own; all others copy that of the first, which alone takes changes. */
      replication: z.strictObject({ every: durationSchema }).optional(),
    })
    .refine(({ nodes, replication }) => !replication || nodes.length > 1, 'replication needs a second node')
    .refine(({ external, replication }) => !replication || !external, "an external key server's replication is its own")
    .default({ provider: 'corp-kms', nodes: ['kms-1'] }),
  cluster: nameSchema.default('cluster-1'),
  hosts: uniqueNames.default(['esx-1']),
  datastore: nameSchema.default('datastore1'),
  vms: z.record(nameSchema, vmSchema).default({}),
});

/** A checked lab. */
export type Lab = z.output<typeof labSchema>;
/** One VM of a lab. */
export type LabVm = Lab['vms'][string];

/** The names that steps and expectations may use, or null while the lab itself is wrong and nothing can be said. */
export interface LabNames {
  readonly vms: readonly string[];
  readonly hosts: readonly string[];
  readonly nodes: readonly string[];
}

/** Collects the names of a lab. */
export function namesOf(lab: Lab): LabNames {
  return { vms: Object.keys(lab.vms), hosts: lab.hosts, nodes: lab.kms.nodes };
}

/** A schema that takes one of `names`, or any text when they are not known. */
export function oneOf(names: readonly string[] | undefined): z.ZodType<string> {
  return names === undefined ? z.string() : z.enum(names);
}
