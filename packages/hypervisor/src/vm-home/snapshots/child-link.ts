import type { VmUuid } from '@vcryptsim/ports';
import { diskKeyMissing } from '../../api/faults.js';
import type { VmFolder } from '../../datastore/vm-folder.js';
import { CowdExtent } from '../../disk/cowd-extent.js';
import { composeChildDescriptor } from '../../formats/compose-child-descriptor.js';
import { formatBundle } from '../../formats/encryption-bundle.js';
import type { DiskFiles } from '../change/name-files.js';
import type { ChainConfig } from '../disk-config.js';
import { nameFrom } from '../located-file.js';
import { bindingOf } from '../open-bundle.js';
import { resealPair, type Sealer } from '../seal-dek.js';

/**
 * Makes the two files of a child of a link: an empty delta extent, durable, then its descriptor. It has the link's content
 * ID until it is first written, and its keys: the same DEK under the same KEK, sealed for this descriptor
 * (facts/vsphere-formats.md Q2 and Q3).
 *
 * @param frozen the link that is frozen from now on, with those below it
 * @param generation of its DEK as the VM home knows it, null for a plain disk
 * @param vm whose the child is; default: whose the link is
 * @throws HypervisorError DISK_KEY_MISSING, KEY_NOT_IN_CACHE, NO_SPACE, ALREADY_EXISTS
 */
export async function writeChildLink(
  folder: VmFolder,
  frozen: ChainConfig,
  files: DiskFiles,
  generation: string | null,
  sealer: Sealer,
  vm?: VmUuid,
): Promise<void> {
  const owner = vm === undefined ? {} : { vm };
  const encryption = generation === null ? null : encryptionOf(frozen, { ...files, owner }, generation, sealer);
  await CowdExtent.create(folder, files.extentFileName, frozen.capacity);
  const contentId = Number.parseInt(frozen.contentId, 16);
  const descriptor = composeChildDescriptor({
    parentFileNameHint: nameFrom(folder, frozen),
    parentCid: contentId,
    contentId,
    longContentId: frozen.longContentId ?? frozen.contentId.padStart(32, '0'),
    capacity: frozen.capacity,
    extentFileName: files.extentFileName,
    ...(encryption === null ? {} : { encryption }),
  });
  await folder.writeNew(files.fileName, new TextEncoder().encode(descriptor));
}

function encryptionOf(
  { folder, fileName, encryption }: ChainConfig,
  { extentFileName, fileName: descriptor, owner }: DiskFiles & { readonly owner: { readonly vm?: VmUuid } },
  generation: string,
  sealer: Sealer,
): { readonly contentKeyId: string; readonly bundle: string; readonly dataUnitSizeBytes: number } {
  const shown = folder.shown(fileName);
  for (const pair of encryption?.sealed ?? []) {
    const binding = bindingOf(pair, generation, shown, sealer);
    if (binding === null || encryption === null) continue;
    const own = { ...binding, ...owner, extent: extentFileName, descriptor };
    const sealed = resealPair(pair, pair.keyId, own, sealer);
    const { contentKeyId, dataUnitSize } = encryption;
    return { contentKeyId, bundle: formatBundle([sealed]), dataUnitSizeBytes: Number(dataUnitSize) };
  }
  throw diskKeyMissing(shown, encryption?.sealed.map(({ keyId }) => keyId) ?? []);
}
