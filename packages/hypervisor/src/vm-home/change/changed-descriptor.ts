import { drawContentId } from '../../disk/content-id.js';
import type { DescriptorEditor } from '../../formats/descriptor-editor.js';
import { formatBundle } from '../../formats/encryption-bundle.js';
import { descriptorIn } from '../descriptor-file.js';
import type { DiskConfig, SealedDeks } from '../disk-config.js';
import type { ChangedVm } from './changed-vm.js';
import type { MadeDek } from './make-disk-dek.js';

/** The filter's name in `ddb.iofilters`. */
const FILTER = 'vmwarevmcrypt';

/**
 * A disk's descriptor, to be changed, with another content ID: all that is not about data and keys stays as somebody wrote it.
 *
 * @throws HypervisorError what the folder throws; FILE_DAMAGED
 */
export async function descriptorOf({ config, sealer }: ChangedVm, disk: DiskConfig): Promise<DescriptorEditor> {
  const editor = await descriptorIn(config.folder, disk.fileName);
  editor.setHeader('CID', drawContentId(sealer.entropy).toString(16).padStart(8, '0'));
  return editor;
}

/**
 * Makes it the descriptor of an encrypted disk.
 *
 * @param sealed the bundle: one pair, or several while a rewrite in place is under way
 */
export function setEncrypted(editor: DescriptorEditor, { key, contentKeyId }: MadeDek, sealed: SealedDeks): void {
  editor.setHeader('keyID', contentKeyId);
  editor.setHeader('encryptionKeys', formatBundle(sealed));
  editor.addFilter(FILTER);
  editor.setDdb('vmcrypt.cipher', 'XTS-AES-256');
  editor.setDdb('vmcrypt.dataUnitSize', String(key.dataUnitSizeBytes));
}

/** Makes it the descriptor of a plain disk. */
export function setPlain(editor: DescriptorEditor): void {
  editor.removeHeader('keyID');
  editor.removeHeader('encryptionKeys');
  editor.removeFilter(FILTER);
  editor.removeDdb('vmcrypt.cipher');
  editor.removeDdb('vmcrypt.dataUnitSize');
}
