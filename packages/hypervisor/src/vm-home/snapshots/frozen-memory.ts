import { Vmx } from '../../formats/vmx.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { readMemoryFile } from '../../memory/memory-file.js';
import type { ChangedVm } from '../change/changed-vm.js';
import { memoryBytesIn } from '../memory-size.js';
import type { RevertPlan } from './revert-vm.js';
import { memoryFileOf } from './snapshot-list.js';

/**
 * Reads the memory that a snapshot keeps.
 *
 * @returns null for one without
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED, FILE_INACCESSIBLE
 */
export async function readFrozenMemory(
  { config, home }: ChangedVm,
  { snapshot, state }: RevertPlan,
): Promise<GuestMemory | null> {
  if (!snapshot.hasMemory) return null;
  const { folder, uuid: vm } = config;
  const file = folder.shown(snapshot.fileName);
  const memoryBytes = memoryBytesIn(Vmx.read(state.vmx, file), file);
  return readMemoryFile(folder, memoryFileOf(snapshot.fileName), memoryBytes, { vm, dek: home?.dek ?? null });
}
