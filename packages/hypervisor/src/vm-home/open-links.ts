import { CowdExtent } from '../disk/cowd-extent.js';
import { openChain } from '../disk/disk-chain.js';
import type { Extent } from '../disk/extent.js';
import { openExtent } from '../disk/open-extent.js';
import { type ChainConfig, type LinkConfig, linksOf } from './disk-config.js';

/** The open links of a disk as one, and how far the base's file goes on after the disk's end. */
export interface OpenLinks {
  readonly extent: Extent;
  readonly surplusBytes: number;
}

/**
 * Opens one link of a disk: its own bytes, nothing below.
 *
 * @throws HypervisorError FILE_DAMAGED when it is missing or shorter than the disk; FILE_INACCESSIBLE
 */
export async function openLink(link: LinkConfig, access: 'read' | 'write'): Promise<Extent> {
  if (link.form === 'vmfsSparse') return CowdExtent.open(link.folder, link.extentFileName, link.capacity, access);
  return (await openExtent(link, link.folder, access)).extent;
}

/**
 * Opens all links of a disk: the one that is written as told, the others to be read.
 *
 * @throws HypervisorError as {@link openLink}
 */
export async function openLinks(disk: ChainConfig, access: 'read' | 'write'): Promise<OpenLinks> {
  const open: Extent[] = [];
  let surplusBytes = 0;
  try {
    for (const link of linksOf(disk)) {
      const wanted = open.length === 0 ? access : 'read';
      if (link.form === 'flat') {
        const base = await openExtent(link, link.folder, wanted);
        surplusBytes = base.surplusBytes;
        open.push(base.extent);
      } else open.push(await openLink(link, wanted));
    }
    const [top, ...below] = open;
    if (top === undefined) throw new TypeError('a disk has a link');
    return { extent: openChain([top, ...below]), surplusBytes };
  } catch (error) {
    await Promise.allSettled(open.map((extent) => extent.close()));
    throw error;
  }
}
