import { measureDatastore, type World } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind, type Finding } from './expectation-kind.js';

const share = z.number().min(0).max(1);
const bounds = { above: share.optional(), below: share.optional() };
const HAS_BOUND = 'give `above`, `below`, or both';

/**
 * `datastore.shared`: how many blocks of 4 KiB of two VMs' first disks are equal, of those that are not zeros, as they are in
 * the files: what deduplication could save (row S22).
 */
export const datastoreShared = expectationKind({
  word: 'datastore.shared',
  about:
    "Of the blocks of two VMs' first disks that are not zeros, the share that is in both, as they are in the files: what an array could deduplicate.",
  example: 'datastore.shared: { vms: [payroll, web], below: 0.01 }',
  value: () =>
    z
      .strictObject({ vms: z.tuple([z.string(), z.string()]), ...bounds })
      .refine(({ above, below }) => above !== undefined || below !== undefined, HAS_BOUND),
  check: async ({ vms, ...wanted }, { world }) => {
    const files = await Promise.all(vms.map((vm) => fileOf(world, vm)));
    const { pairs } = await measureDatastore(world.files, world.folder.datastores);
    const pair = pairs.find(({ disks }) => files.every((file) => disks.includes(file)));
    return findingOf(`blocks of ${vms.join(' and ')} that are equal`, wanted, pair?.sharedShare ?? null);
  },
});

/** `datastore.packed`: the size of a VM's first disk after zlib, block by block, of its blocks that are not zeros (row S22). */
export const datastorePacked = expectationKind({
  word: 'datastore.packed',
  about:
    "Size of a VM's first disk after zlib, block by block, as a share of its blocks that are not zeros: what an array could compress.",
  example: 'datastore.packed: { vm: payroll, above: 0.99 }',
  value: () =>
    z
      .strictObject({ vm: z.string(), ...bounds })
      .refine(({ above, below }) => above !== undefined || below !== undefined, HAS_BOUND),
  check: async ({ vm, ...wanted }, { world }) => {
    const file = await fileOf(world, vm);
    const { disks } = await measureDatastore(world.files, world.folder.datastores);
    const disk = disks.find(({ name }) => name === file);
    return findingOf(`size of the disk of ${vm} when compressed`, wanted, disk?.packedShare ?? null);
  },
});

/** The descriptor of a VM's first disk, below the folder of the datastores. */
async function fileOf(world: World, vm: string): Promise<string> {
  const shown = (await world.vms.now(vm))?.disks[0]?.fileName ?? '';
  const [, datastore = '', rest = ''] = /^\[([^\]]+)\] (.+)$/.exec(shown) ?? [];
  return `${datastore}/${rest}`;
}

function findingOf(
  what: string,
  { above, below }: { readonly above?: number | undefined; readonly below?: number | undefined },
  found: number | null,
): Finding {
  const wanted = [
    ...(above === undefined ? [] : [`above ${percent(above)}`]),
    ...(below === undefined ? [] : [`below ${percent(below)}`]),
  ];
  const met = found !== null && (above === undefined || found > above) && (below === undefined || found < below);
  return {
    met,
    wanted: `${what}: ${wanted.join(' and ')}`,
    found: found === null ? 'nothing to measure' : percent(found),
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
