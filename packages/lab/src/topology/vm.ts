import { z } from 'zod';
import { nameSchema } from './names.js';
import { pathSchema, plainText } from './plain-text.js';
import { diskSizeSchema } from './size.js';

/** The storage policy that a VM of a lab has where it names none: VMware's sample. */
const SAMPLE = 'VM Encryption Policy';
/** As many as one SCSI controller takes. */
const DISKS_MAX = 15;

const dataUnit = z.union([z.literal(512), z.literal(4096)]).default(512);
const sizeAlone = diskSizeSchema.transform((size) => ({ size, dataUnit: 512 as const }));

/** When it takes its room; vSphere's words. */
const provisioning = z.enum(['eagerZeroedThick', 'lazyZeroedThick', 'thin']).optional();

const diskShape = {
  /** Capacity in bytes; with an image it may be left out, and is the image's size then. */
  size: diskSizeSchema.optional(),
  /** Bytes per XTS data unit. */
  dataUnit,
  provisioning,
  /** A raw image or a VMDK (flat, split, sparse, stream-optimised) that fills the disk, relative to the scenario file. */
  image: pathSchema.optional(),
};
const hasContent = (disk: { readonly size?: number | undefined; readonly image?: string | undefined }) =>
  disk.size !== undefined || disk.image !== undefined;
const NO_CONTENT = "'size' or 'image' is missing";

const diskSchema = z.union([sizeAlone, z.strictObject(diskShape).refine(hasContent, NO_CONTENT)]);

/** One of several disks: it may have a storage policy of its own. */
const ownDiskSchema = z.union([
  sizeAlone,
  z.strictObject({ ...diskShape, policy: plainText(80).optional() }).refine(hasContent, NO_CONTENT),
]);

/** What can be said of a VM that a step creates. */
export const vmShape = {
  host: nameSchema,
  disk: diskSchema.optional(),
  /** In place of `disk`. */
  disks: z.array(ownDiskSchema).max(DISKS_MAX, `at most ${DISKS_MAX} disks are possible`).optional(),
  policy: plainText(80).default(SAMPLE),
  /** What runs in it: a vCenter Server must not be encrypted. */
  product: z.enum(['vCenter Server']).optional(),
  /** A VM folder of its datacenter. */
  folder: z.string().optional(),
  datastore: nameSchema.optional(),
};

/** What is wrong with how the disks of a VM are said, or null. */
export function disksProblem({ disk, disks }: { readonly disk?: unknown; readonly disks?: unknown }) {
  if (disk === undefined && disks === undefined) return { path: [], message: "'disk' is missing" };
  const both = "'disk' and 'disks' both say which disks it has; keep one of them";
  return disk !== undefined && disks !== undefined ? { path: ['disks'], message: both } : null;
}

/** A VM that a step can create: on which host, with one disk or several, encrypted or not by its storage policy. */
export const vmSchema = z.strictObject(vmShape).superRefine((vm, context) => {
  const problem = disksProblem(vm);
  if (problem !== null) context.addIssue({ code: 'custom', ...problem });
});

/** One VM of a lab. */
export type LabVm = z.output<typeof vmSchema>;

/** One disk of a VM of a lab. */
export interface LabDisk {
  readonly size?: number | undefined;
  readonly dataUnit: 512 | 4096;
  readonly provisioning?: 'eagerZeroedThick' | 'lazyZeroedThick' | 'thin' | undefined;
  readonly image?: string | undefined;
  /** Its own storage policy; left out, that of the VM, as the web client does it, or none, as the API does. */
  readonly policy?: string | undefined;
}

/** The disks of a VM, in their order. */
export function disksOf({ disk, disks }: LabVm): readonly LabDisk[] {
  return disks ?? (disk === undefined ? [] : [disk]);
}
