import type { Entropy } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { AttachedMemory } from '../memory/attached-memory.js';
import { GuestMemory } from '../memory/guest-memory.js';
import { SwapFile } from '../memory/swap-file.js';
import { ensureSwapName } from './ensure-swap-name.js';
import type { OpenHome } from './open-bundle.js';
import { readSavedMemory } from './suspended-state.js';
import type { VmConfig } from './vm-config.js';

/**
 * Gives a VM that starts its memory and makes its swap file. Where that cannot be made, the VM does not start.
 *
 * @param saved what it goes on from; null where that is its own saved state, or nothing
 * @throws HypervisorError as readSavedMemory; FILE_DAMAGED (saved of another length), NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_INACCESSIBLE
 */
export async function attachMemory(
  config: VmConfig,
  home: OpenHome | null,
  saved: GuestMemory | null,
  { entropy }: { readonly entropy: Entropy },
): Promise<AttachedMemory> {
  const { folder, uuid: vm, memoryBytes } = config;
  const dek = home?.dek ?? null;
  const memory = saved ?? (await readSavedMemory({ config, home })) ?? new GuestMemory(memoryBytes);
  if (memory.sizeBytes !== memoryBytes) {
    throw fileDamaged(folder.shown(config.vmxFileName), 'memSize is not that of the memory that was saved');
  }
  const swapFileName = await ensureSwapName(config, entropy);
  const swap = await SwapFile.create(folder, swapFileName, memoryBytes, { vm, dek, entropy });
  return new AttachedMemory(folder.shown(config.vmxFileName), memory, swap);
}
