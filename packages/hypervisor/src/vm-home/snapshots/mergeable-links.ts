import type { Vmsd } from '../../formats/vmsd.js';
import { type ChainConfig, type LinkConfig, linksOf, readChain } from '../disk-config.js';
import type { VmConfig } from '../vm-config.js';

/** A link that nothing needs for itself, and the one link above it. */
export interface MergeableLink {
  readonly parent: ChainConfig;
  readonly child: ChainConfig;
  /** Whether the child is what the VM writes to. */
  readonly isTop: boolean;
}

/**
 * The lowest link of a VM that can be put together with what rests on it: it is not what the VM writes to, no snapshot froze
 * it, one link alone rests on it, and no other VM reads it.
 *
 * @param isPinned whether another VM reads a link
 * @returns null where all links are needed
 * @throws HypervisorError FILE_DAMAGED where a descriptor of a snapshot cannot be read
 */
export async function nextMergeable(
  config: VmConfig,
  list: Vmsd,
  isPinned: (link: LinkConfig) => boolean,
): Promise<MergeableLink | null> {
  const { folder } = config;
  const frozen = new Set(list.snapshots.flatMap(({ disks }) => disks.map(({ fileName }) => fileName)));
  const chains: ChainConfig[] = [...config.disks];
  for (const fileName of frozen) chains.push(await readChain(folder, fileName));
  const above = new Map<string, Map<string, ChainConfig>>();
  const pairs: { readonly parent: ChainConfig; readonly child: ChainConfig }[] = [];
  for (const chain of chains) {
    const links = linksOf(chain);
    for (let at = links.length - 1; at > 0; at -= 1) {
      const [child, parent] = [chainFrom(chain, at - 1), chainFrom(chain, at)];
      const known = above.get(keyOf(parent)) ?? new Map<string, ChainConfig>();
      above.set(keyOf(parent), known.set(keyOf(child), child));
      pairs.push({ parent, child });
    }
  }
  const isOwn = (link: LinkConfig): boolean => link.folder.path === folder.path;
  const found = pairs
    .filter(({ parent, child }) => isOwn(parent) && isOwn(child) && !frozen.has(parent.fileName))
    .filter(({ parent }) => above.get(keyOf(parent))?.size === 1 && !isPinned(parent))
    .filter(({ child }) => !isPinned(child))
    .toSorted((a, b) => a.parent.parents.length - b.parent.parents.length)
    .at(0);
  if (found === undefined) return null;
  return { ...found, isTop: config.disks.some((disk) => keyOf(disk) === keyOf(found.child)) };
}

/** The chain that begins at a lower link of another one. */
function chainFrom(chain: ChainConfig, at: number): ChainConfig {
  const link = linksOf(chain)[at] ?? chain;
  return { ...link, uuid: chain.uuid, parents: linksOf(chain).slice(at + 1), journalFileName: null };
}

function keyOf({ folder, fileName }: LinkConfig): string {
  return `${folder.path}/${fileName}`;
}
