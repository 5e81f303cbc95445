import type { Vmsd } from '../../formats/vmsd.js';
import { type ChainConfig, linkPath, linksOf, readChain } from '../disk-config.js';
import type { VmConfig } from '../vm-config.js';

/**
 * The chains of a VM: of its disks, and those that its snapshots froze and no disk of it is above.
 *
 * @param list its snapshots
 * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED and the like where a descriptor of a snapshot cannot be read
 */
export async function chainsOf({ folder, disks }: VmConfig, list: Vmsd): Promise<readonly ChainConfig[]> {
  const chains: ChainConfig[] = [...disks];
  const known = new Set(disks.flatMap(linksOf).map(linkPath));
  for (const fileName of frozenNames(list)) {
    if (!known.has(linkPath({ folder, fileName }))) chains.push(await readChain(folder, fileName));
  }
  return chains;
}

/** The descriptors that the snapshots of a list froze, each once. */
export function frozenNames({ snapshots }: Vmsd): ReadonlySet<string> {
  return new Set(snapshots.flatMap(({ disks }) => disks.map(({ fileName }) => fileName)));
}
