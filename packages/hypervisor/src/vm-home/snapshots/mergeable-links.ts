import type { Vmsd } from '../../formats/vmsd.js';
import { type ChainConfig, type LinkConfig, linkPath, linksOf } from '../disk-config.js';
import type { VmConfig } from '../vm-config.js';
import { chainsOf, frozenNames } from './chains-of.js';

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
  const frozen = frozenNames(list);
  const above = new Map<string, Map<string, ChainConfig>>();
  const pairs: { readonly parent: ChainConfig; readonly child: ChainConfig }[] = [];
  for (const chain of await chainsOf(config, list)) {
    const links = linksOf(chain);
    for (let at = links.length - 1; at > 0; at -= 1) {
      const [child, parent] = [chainFrom(chain, at - 1), chainFrom(chain, at)];
      const known = above.get(linkPath(parent)) ?? new Map<string, ChainConfig>();
      above.set(linkPath(parent), known.set(linkPath(child), child));
      pairs.push({ parent, child });
    }
  }
  const isOwn = (link: LinkConfig): boolean => link.folder.path === folder.path;
  const found = pairs
    .filter(({ parent, child }) => isOwn(parent) && isOwn(child) && !frozen.has(parent.fileName))
    .filter(({ parent }) => above.get(linkPath(parent))?.size === 1 && !isPinned(parent))
    .filter(({ child }) => !isPinned(child))
    .toSorted((a, b) => a.parent.parents.length - b.parent.parents.length)
    .at(0);
  if (found === undefined) return null;
  return { ...found, isTop: config.disks.some((disk) => linkPath(disk) === linkPath(found.child)) };
}

/** The chain that begins at a lower link of another one. */
function chainFrom(chain: ChainConfig, at: number): ChainConfig {
  const link = linksOf(chain)[at] ?? chain;
  return { ...link, uuid: chain.uuid, parents: linksOf(chain).slice(at + 1), journalFileName: null };
}
