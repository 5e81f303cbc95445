import { ESXI_VERSIONS, type EsxiVersion } from '@vcryptsim/hypervisor/api';
import { VCENTER_VERSIONS } from '@vcryptsim/vcenter';
import { z } from 'zod';
import { durationBetween, LONGEST_MS } from './duration.js';
import { externalKmsSchema } from './external-kms.js';
import { nameSchema, uniqueNames } from './names.js';
import { diskSizeSchema } from './size.js';

/** Ours: more than any provider has. */
const NODES_MAX = 16;
/** The most hosts that a cluster of vSphere 8 can have (VMware configuration maximums). */
export const HOSTS_MAX = 96;
/** A replica asks this often at most. */
const REPLICATION_MIN_MS = 100;

const esxiVersion = z.enum(ESXI_VERSIONS as readonly [EsxiVersion, ...EsxiVersion[]]);
const someNames = z.array(nameSchema).min(1, 'at least one is needed');

/** Key servers of one provider. */
const providerShape = {
  nodes: uniqueNames(NODES_MAX),
  /** Each node has a store of its own; all others copy that of the first, which alone takes changes. */
  replication: z.strictObject({ every: durationBetween(REPLICATION_MIN_MS, LONGEST_MS) }).optional(),
};
const NO_REPLICA = 'replication needs a second node';
const replicates = ({ nodes, replication }: { readonly nodes: readonly string[]; readonly replication?: unknown }) =>
  !replication || nodes.length > 1;

/** The one key provider of a lab, or the first. */
export const kmsSchema = z
  .strictObject({
    provider: nameSchema,
    ...providerShape,
    /** Somebody else's key server instead of our own; every node is a way to it. */
    external: externalKmsSchema.optional(),
  })
  .refine(replicates, NO_REPLICA)
  .refine(
    ({ external, replication }) => !replication || !external,
    'replication is for the key servers of the lab, not for an external one',
  );

const vcenterSchema = z.strictObject({
  version: z.enum(VCENTER_VERSIONS).optional(),
  /** What becomes of a request to encrypt a vCenter Server appliance. */
  encryptedVCenter: z.enum(['warn', 'refuse']).optional(),
});

const placeShape = {
  vcenter: nameSchema.optional(),
  datacenter: nameSchema.optional(),
  /** Release of its hosts. */
  version: esxiVersion.optional(),
  /** Which datastores its hosts mount; all when left out. */
  datastores: someNames.optional(),
};

const hostOfCluster = z.union([
  nameSchema.transform((name) => ({ name })),
  z.strictObject({ name: nameSchema, version: esxiVersion.optional(), datastores: someNames.optional() }),
]);

/** VMFS is VMFS5: VMFS6 takes all its snapshots in another format (facts/vsphere-formats.md Q2), and is refused by name. */
const datastoreType = z.enum(['VMFS', 'NFS'], {
  error: ({ input }) =>
    input === 'VMFS6'
      ? 'VMFS6 takes its snapshots in the format seSparse, which is not served; VMFS is VMFS5'
      : undefined,
});

/** A datastore: its type, or a map that also says how much it takes. */
const datastoreSchema = z.union([
  datastoreType.transform((type) => ({ type, capacity: undefined })),
  z.strictObject({ type: datastoreType, capacity: diskSizeSchema.optional() }),
]);

/** What a lab has beside VMs, people and policies. What the short form says in one word, the long one says in a map. */
export const machinesShape = {
  kms: kmsSchema.optional(),
  /** In place of `kms`: several providers, the first is the default one. */
  providers: z.record(nameSchema, z.strictObject(providerShape).refine(replicates, NO_REPLICA)).optional(),
  /** The one vCenter. */
  vcenter: vcenterSchema.optional(),
  /** In place of `vcenter`: several; where nothing else is said the first is meant. */
  vcenters: z.record(nameSchema, vcenterSchema).optional(),
  /** Release of every host that has no other one. */
  esxi: esxiVersion.optional(),
  datacenters: z
    .union([
      uniqueNames(100).transform(
        (names): Record<string, { vcenter?: string | undefined }> =>
          Object.fromEntries(names.map((name) => [name, {}])),
      ),
      z.record(nameSchema, z.strictObject({ vcenter: nameSchema.optional() })),
    ])
    .optional(),
  /** Folders for VMs in the first datacenter. */
  folders: uniqueNames(1_000).optional(),
  cluster: nameSchema.optional(),
  hosts: uniqueNames(HOSTS_MAX).optional(),
  /** In place of `cluster` and `hosts`. */
  clusters: z
    .record(
      nameSchema,
      z.strictObject({
        hosts: z.array(hostOfCluster).max(HOSTS_MAX, `at most ${HOSTS_MAX} are possible`),
        ...placeShape,
      }),
    )
    .optional(),
  /** Hosts in no cluster. */
  standalone: z.record(nameSchema, z.union([z.null().transform(() => ({})), z.strictObject(placeShape)])).optional(),
  /** Hosts that are up and in no vCenter yet; `host.add` takes them. */
  spares: uniqueNames(HOSTS_MAX).optional(),
  datastore: nameSchema.optional(),
  /** In place of `datastore`: by name, with their type, and where they are to run full, their capacity. */
  datastores: z.record(nameSchema, datastoreSchema).optional(),
};
