import type { Dek } from '@vcryptsim/crypto-core';
import type { Entropy, VmUuid } from '@vcryptsim/ports';
import { sealedWithoutBundle } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { encobjSizeBytes, isEncobj, openEncobj, sealEncobj } from '../formats/encobj.js';
import { decodeStateGroups, encodeStateGroups, type StateGroups } from '../formats/state-groups.js';

/** Memory lies in a file of its own, so what is in here is small. */
const STATE_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Writes a saved state (`.vmsn`, `.vmss`): sealed by the VM home's DEK, or in clear where there is none. Its content is
 * durable after that, the folder's entry is not yet.
 *
 * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, FILE_INACCESSIBLE
 */
export async function writeStateFile(
  folder: VmFolder,
  fileName: string,
  groups: StateGroups,
  vm: VmUuid,
  dek: Dek | null,
  entropy: Entropy,
): Promise<void> {
  const plaintext = encodeStateGroups(groups);
  const context = contextOf(vm, fileName);
  await folder.writeNew(fileName, dek === null ? plaintext : sealEncobj(plaintext, { dek, context, entropy }));
}

/**
 * Reads and checks a saved state. It is bound to its VM and its name.
 *
 * @param dek of the VM home; null for a plain VM
 * @throws HypervisorError ENVELOPE_TAMPERED, FILE_DAMAGED; BUNDLE_MISSING when it is sealed and the VMX says plain
 */
export async function readStateFile(
  folder: VmFolder,
  fileName: string,
  vm: VmUuid,
  dek: Dek | null,
): Promise<StateGroups> {
  const file = folder.shown(fileName);
  const bytes = await folder.readBytes(fileName, encobjSizeBytes(STATE_LIMIT_BYTES));
  if (dek !== null) {
    return decodeStateGroups(openEncobj(bytes, { dek, context: contextOf(vm, fileName), file }), file);
  }
  if (isEncobj(bytes)) throw sealedWithoutBundle(file);
  return decodeStateGroups(bytes, file);
}

function contextOf(vm: VmUuid, fileName: string): string {
  return `state ${vm} ${fileName}`;
}
