import type { CryptoKeyId } from '@vcryptsim/ports';
import { keyNotInCache } from '../../api/faults.js';
import { formatBundle, type SealedDek } from '../../formats/encryption-bundle.js';
import { nodeOf } from '../disk-node.js';
import { type BoundDisk, FIRST_GENERATION, homeBinding, nextGeneration } from '../key-binding.js';
import { composeNvramFile, readNvramFile } from '../nvram-file.js';
import { makeSealedDek, resealPair, type SealedNewDek } from '../seal-dek.js';
import { readVmx } from '../vmx-file.js';
import type { ChangedVm } from './changed-vm.js';
import type { NewFiles } from './name-files.js';
import type { KeyChange } from './plan-change.js';

/**
 * Writes the new NVRAM, where the VM home gets another DEK or none, and composes the VMX that the change ends in.
 *
 * @param disks the VM's encrypted disks, as they will be
 * @param intent what is still to do afterwards, while disks are rewritten in place
 * @returns the bytes of the new VMX: the old one's, but for the bundle and the names of new files
 * @throws HypervisorError KEY_NOT_IN_CACHE, ENVELOPE_TAMPERED, what the folder throws
 */
export async function changeHome(
  vm: ChangedVm,
  change: KeyChange,
  disks: readonly BoundDisk[],
  files: NewFiles,
  intent: string | null = null,
): Promise<Uint8Array> {
  const sealed = await sealHome(vm, change, { disks, intent }, files.nvramFileName);
  const vmx = await readVmx(vm.config);
  if (sealed === null) vmx.remove('encryption.bundle');
  else vmx.set('encryption.bundle', formatBundle([sealed]));
  if (files.nvramFileName !== null) vmx.set('nvram', files.nvramFileName);
  for (const [deviceKey, { fileName }] of files.disks) vmx.set(`${nodeOf(deviceKey)}.fileName`, fileName);
  return vmx.toBytes();
}

/** What is sealed with the VM home's DEK. */
export interface Bound {
  readonly disks: readonly BoundDisk[];
  readonly intent: string | null;
}

/** @returns the bundle's one pair, null for a VM that is or becomes plain */
async function sealHome(
  vm: ChangedVm,
  change: KeyChange,
  bound: Bound,
  nvramFileName: string | null,
): Promise<SealedDek | null> {
  if (nvramFileName === null) return resealHome(vm, change, bound);
  const made = change.kind === 'encrypt' || change.kind === 'deep' ? makeHomeDek(vm, change.keyId, bound) : null;
  try {
    const { config, home, sealer } = vm;
    const variables = await readNvramFile(config, home?.dek ?? null);
    const nvram = composeNvramFile(variables, config.uuid, made?.dek ?? null, sealer.entropy);
    await config.folder.writeNew(nvramFileName, nvram);
    return made?.sealed ?? null;
  } finally {
    made?.dek.dispose();
  }
}

function makeHomeDek({ config, home, sealer }: ChangedVm, keyId: CryptoKeyId, { disks, intent }: Bound): SealedNewDek {
  const generation = home === null ? FIRST_GENERATION : nextGeneration(home.generation);
  return makeSealedDek(`VM home ${config.uuid}`, keyId, homeBinding(config.uuid, generation, disks, intent), sealer);
}

/**
 * The VM home's DEK, with what it is now to know of the disks, under the same KEK or another.
 *
 * @returns null for a plain VM
 * @throws HypervisorError KEY_NOT_IN_CACHE
 */
export function resealHome(
  { config, home, sealer }: ChangedVm,
  change: KeyChange,
  { disks, intent }: Bound,
): SealedDek | null {
  if (home === null) return null;
  const pair = config.sealedHome?.find((each) => sealer.keys.has(each.keyId));
  if (pair === undefined) throw keyNotInCache(config.sealedHome?.map((each) => each.keyId) ?? []);
  const keyId = change.kind === 'shallow' ? change.keyId : pair.keyId;
  return resealPair(pair, keyId, homeBinding(config.uuid, home.generation, disks, intent), sealer);
}
