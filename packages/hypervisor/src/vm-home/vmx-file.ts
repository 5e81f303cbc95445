import type { VmFolder } from '../datastore/vm-folder.js';
import { TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { Vmx } from '../formats/vmx.js';

/** Where the VMX of a VM is. */
interface VmxPlace {
  readonly folder: VmFolder;
  readonly vmxFileName: string;
}

/**
 * Reads the VMX of a VM, to be looked at or edited.
 *
 * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED (its encoding), what the folder throws
 */
export async function readVmx({ folder, vmxFileName }: VmxPlace): Promise<Vmx> {
  return Vmx.read(await folder.readBytes(vmxFileName, TEXT_FILE_LIMIT_BYTES), folder.shown(vmxFileName));
}

/** The bytes of the VMX of a VM after an edit; the file stays as it is. @throws as {@link readVmx} */
export async function editedVmx(place: VmxPlace, edit: (vmx: Vmx) => void): Promise<Uint8Array> {
  const vmx = await readVmx(place);
  edit(vmx);
  return vmx.toBytes();
}
