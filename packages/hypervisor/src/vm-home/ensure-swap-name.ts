import { assert, type Entropy } from '@vcryptsim/ports';
import { drawSwapPath, SWAP_ENTRY, swapFileNameIn } from './swap-name.js';
import type { VmConfig } from './vm-config.js';
import { editedVmx } from './vmx-file.js';

/**
 * The name of a VM's swap file. Its VMX gets one where it has none for this folder: by rename, and no other byte of it
 * changes.
 *
 * @throws HypervisorError as the folder does
 */
export async function ensureSwapName(config: VmConfig, entropy: Entropy): Promise<string> {
  const { folder, vmxFileName, swapFileName } = config;
  if (swapFileName !== null) return swapFileName;
  const path = drawSwapPath(folder, vmxFileName, entropy);
  const drawn = swapFileNameIn(path, folder);
  assert(drawn !== null, 'the name of a swap file is one of the folder');
  await folder.replace(vmxFileName, await editedVmx(config, (vmx) => vmx.set(SWAP_ENTRY, path)));
  return drawn;
}
