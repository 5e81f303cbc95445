import { formatKeyId, type VmUuid } from '@vcryptsim/ports';
import { diskKeyMissing } from '../../api/faults.js';
import type { WorkControl } from '../../api/work-control.js';
import type { VmFolder } from '../../datastore/vm-folder.js';
import { drawContentId } from '../../disk/content-id.js';
import { copyExtent } from '../../disk/copy-extent.js';
import { formatBundle, type SealedDek } from '../../formats/encryption-bundle.js';
import { formatVmwareUuid } from '../../formats/vmware-uuid.js';
import type { DiskFiles } from '../change/name-files.js';
import { drawDiskUuid } from '../create-disk.js';
import { descriptorIn } from '../descriptor-file.js';
import { type ChainConfig, linksOf } from '../disk-config.js';
import { type BoundDisk, nextGeneration } from '../key-binding.js';
import { bindingOf } from '../open-bundle.js';
import { openLinks } from '../open-links.js';
import { resealPair, type Sealer } from '../seal-dek.js';
import { writeChildLink } from '../snapshots/child-link.js';
import type { SourceDisk } from './clone-source.js';

/** Where a copy of a disk goes, and whose it is. */
export interface CloneTarget {
  readonly folder: VmFolder;
  readonly files: DiskFiles;
  readonly vm: VmUuid;
}

/**
 * Copies a disk, all its links into one: the same bytes, so of an encrypted one the same ciphertext, DEK and KEK, sealed for the
 * VM that gets it in the next generation. It has a UUID and a content ID of its own; all else its descriptor says is the base's.
 *
 * @returns what the copy's home has to know of it, null for a plain disk
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, FILE_DAMAGED
 */
export async function copyDisk(
  { chain, bound }: SourceDisk,
  { folder, files, vm }: CloneTarget,
  sealer: Sealer,
  control: WorkControl,
): Promise<BoundDisk | null> {
  const base = linksOf(chain).at(-1) ?? chain;
  const { extent } = await openLinks(chain, 'read');
  try {
    // Zeros of an encrypted disk are holes; of a plain one they may have been written.
    const isSparse = base.isThin || chain.encryption !== null;
    await copyExtent({ from: extent, folder, fileName: files.extentFileName, isSparse }, control);
  } finally {
    await extent.close();
  }
  const uuid = drawDiskUuid(sealer.entropy);
  const contentId = drawContentId(sealer.entropy).toString(16).padStart(8, '0');
  const _shown = base.folder.shown(base.fileName);
  const editor = await descriptorIn(base.folder, base.fileName);
  editor.setHeader('CID', contentId);
  editor.renameExtent(files.extentFileName);
  editor.setDdb('longContentID', `${uuid.replaceAll('-', '').slice(0, 24)}${contentId}`);
  editor.setDdb('uuid', formatVmwareUuid(uuid));
  let known: BoundDisk | null = null;
  if (bound !== null) {
    const { pair, generation } = sealFor(chain, bound, { vm, disk: uuid, files }, sealer);
    editor.setHeader('encryptionKeys', formatBundle([pair]));
    known = { uuid, generation, key: formatKeyId(pair.keyId), check: bound.check };
  }
  await folder.writeNew(files.fileName, editor.toBytes());
  return known;
}

/** Makes a child of a frozen link for the VM of a linked clone, see {@link writeChildLink}. */
export async function linkDisk(
  { chain, bound }: SourceDisk,
  { folder, files, vm }: CloneTarget,
  sealer: Sealer,
): Promise<BoundDisk | null> {
  await writeChildLink(folder, chain, files, bound?.generation ?? null, sealer, vm);
  return bound;
}

/** The pair of a disk, sealed for its copy. */
function sealFor(
  chain: ChainConfig,
  bound: BoundDisk,
  { vm, disk, files }: { readonly vm: VmUuid; readonly disk: string; readonly files: DiskFiles },
  sealer: Sealer,
): { readonly pair: SealedDek; readonly generation: string } {
  const shown = chain.folder.shown(chain.fileName);
  const generation = nextGeneration(bound.generation);
  for (const pair of chain.encryption?.sealed ?? []) {
    const binding = bindingOf(pair, bound.generation, shown, sealer);
    if (binding === null) continue;
    const own = { ...binding, vm, disk, generation, extent: files.extentFileName, descriptor: files.fileName };
    return { pair: resealPair(pair, pair.keyId, own, sealer), generation };
  }
  throw diskKeyMissing(shown, chain.encryption?.sealed.map(({ keyId }) => keyId) ?? []);
}
