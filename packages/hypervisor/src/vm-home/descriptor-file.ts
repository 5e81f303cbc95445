import type { VmFolder } from '../datastore/vm-folder.js';
import { type DescriptorEditor, editDescriptor } from '../formats/descriptor-editor.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';

/**
 * Reads a descriptor to edit it; the file stays as it is until somebody writes it.
 *
 * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED (its encoding), what the folder throws
 */
export async function descriptorIn(folder: VmFolder, fileName: string): Promise<DescriptorEditor> {
  return editDescriptor(await folder.readBytes(fileName, TEXT_FILE_LIMIT_BYTES), folder.shown(fileName));
}
