import type { Entropy } from '@vcryptsim/ports';
import type { DiskFiles } from './change/name-files.js';
import { type DiskConfig, readDiskConfig } from './disk-config.js';
import type { Sealer } from './seal-dek.js';
import { writeChildLink } from './snapshots/child-link.js';

/** Whether what a guest writes to a disk is dropped when its VM is powered off. */
export function isDropped({ mode }: Pick<DiskConfig, 'mode'>): boolean {
  return mode === 'independent_nonpersistent';
}

/**
 * Makes the child that takes what a guest writes to a non-persistent disk while it runs: `NAME.vmdk.REDO_XXXXXX` and
 * `NAME.vmdk-delta.REDO_XXXXXX` (facts/vsphere-formats.md Q2). No VMX names it; it has the disk's keys as every child does.
 * What a cut left of an earlier one is removed first.
 *
 * @param generation of the disk's DEK as the VM home knows it, null for a plain disk
 * @returns the disk with the child above it
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, NO_SPACE, what the folder throws
 */
export async function makeRedo(disk: DiskConfig, generation: string | null, sealer: Sealer): Promise<DiskConfig> {
  const { folder, node, mode } = disk;
  await dropRedo(disk);
  const files = nameRedo(disk, sealer.entropy);
  await writeChildLink(folder, disk, files, generation, sealer);
  return readDiskConfig(folder, { node, mode, fileName: files.fileName });
}

/** Removes every such child of a disk, with what was written to it. @throws what the folder throws */
export async function dropRedo({ folder, fileName }: DiskConfig): Promise<void> {
  const isRedo = (name: string): boolean =>
    [`${fileName}.REDO_`, `${fileName}-delta.REDO_`].some((stem) => name.startsWith(stem));
  for (const name of (await folder.names()).filter(isRedo)) await folder.remove(name);
}

function nameRedo({ fileName }: DiskConfig, entropy: Entropy): DiskFiles {
  const suffix = Buffer.from(entropy.public(3, 'name of a redo log')).toString('hex');
  return { fileName: `${fileName}.REDO_${suffix}`, extentFileName: `${fileName}-delta.REDO_${suffix}` };
}
