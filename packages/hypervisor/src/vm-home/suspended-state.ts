import { fileDamaged } from '../api/faults.js';
import { stemOf } from '../formats/file-name.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import { readMemoryFile, writeMemoryFile } from '../memory/memory-file.js';
import { memoryRegions } from '../memory/memory-regions.js';
import type { ChangedVm } from './change/changed-vm.js';
import { commitChange } from './change/commit-change.js';
import type { Sealer } from './seal-dek.js';
import { memoryFileOf } from './snapshots/snapshot-list.js';
import { readStateFile, writeStateFile } from './state-file.js';
import { stateFilesOf } from './state-files-of.js';
import { STATE_ENTRY, type VmConfig } from './vm-config.js';
import { editedVmx } from './vmx-file.js';

/** The group of a saved state that tells where memory is. */
const MEMORY_GROUP = 'memory';

/**
 * Saves a VM that stands still: `NAME-<8 hex>.vmss` with where its memory lies, `.vmem` beside it with the memory, both sealed
 * by the VM home's DEK where there is one (row S05); then the VMX that names the first, which is the switch
 * (docs/on-disk-format.md section 4b).
 *
 * @throws HypervisorError NO_SPACE, what the folder throws: it is not saved then; SwitchUnknown
 */
export async function saveState({ config, home, sealer }: ChangedVm, memory: GuestMemory): Promise<void> {
  const { folder, vmxFileName, uuid: vm } = config;
  const dek = home?.dek ?? null;
  const hex = Buffer.from(sealer.entropy.public(4, 'name of a saved state')).toString('hex');
  const fileName = `${stemOf(vmxFileName)}-${hex}.vmss`;
  const memoryFileName = memoryFileOf(fileName);
  const writeBeside = async (): Promise<Uint8Array> => {
    const groups = new Map([[MEMORY_GROUP, memoryRegions(memory.sizeBytes)]]);
    await writeStateFile(folder, fileName, groups, vm, dek, sealer.entropy);
    await writeMemoryFile(folder, memoryFileName, memory, { vm, dek, entropy: sealer.entropy });
    return vmxWith(config, fileName);
  };
  const record = { made: [fileName, memoryFileName], dropped: [] };
  await commitChange({ folder, vmxFileName, record, writeBeside }, sealer);
}

/**
 * Reads the memory of a suspended VM.
 *
 * @returns null for a VM that is not suspended
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED, FILE_INACCESSIBLE, BUNDLE_MISSING
 */
export async function readSavedMemory({ config, home }: Omit<ChangedVm, 'sealer'>): Promise<GuestMemory | null> {
  const { folder, stateFileName, uuid: vm, memoryBytes } = config;
  if (stateFileName === null) return null;
  const dek = home?.dek ?? null;
  const group = (await readStateFile(folder, stateFileName, vm, dek)).get(MEMORY_GROUP);
  for (const [name, value] of memoryRegions(memoryBytes)) {
    if (Buffer.compare(group?.get(name) ?? new Uint8Array(0), value) === 0) continue;
    throw fileDamaged(folder.shown(stateFileName), 'it was saved with more or less memory than the VM has now');
  }
  return readMemoryFile(folder, memoryFileOf(stateFileName), memoryBytes, { vm, dek });
}

/**
 * Makes a suspended VM one that is off: the VMX names its saved state no more, then the files go.
 *
 * @throws HypervisorError as the folder does; SwitchUnknown
 */
export async function dropState(config: VmConfig, sealer: Sealer): Promise<void> {
  const { folder, vmxFileName } = config;
  const writeBeside = (): Promise<Uint8Array> => vmxWith(config, '');
  const record = { made: [], dropped: stateFilesOf(config) };
  await commitChange({ folder, vmxFileName, record, writeBeside }, sealer);
}

function vmxWith(config: VmConfig, stateFileName: string): Promise<Uint8Array> {
  return editedVmx(config, (vmx) => vmx.set(STATE_ENTRY, stateFileName));
}
