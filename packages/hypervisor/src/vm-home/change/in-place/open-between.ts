import type { DiskUuid } from '@vcryptsim/ports';
import { descriptorMismatch } from '../../../api/faults.js';
import type { DiskKey } from '../../../disk/vmcrypt-filter.js';
import type { DiskConfig } from '../../disk-config.js';
import { type BoundDisk, betweenOf, diskBinding, PLAIN_GENERATION } from '../../key-binding.js';
import { checkBinding, openSealed } from '../../open-bundle.js';
import type { Opener } from '../../opener.js';
import type { VmConfig } from '../../vm-config.js';

/** Both sides of a disk that is being rewritten in place; null for plain. The receiver disposes of the DEKs. */
export interface BetweenKeys {
  readonly from: DiskKey | null;
  readonly to: DiskKey | null;
}

/**
 * Opens both keys of a disk that is being rewritten in place, and compares its descriptor with what is sealed.
 *
 * @param bound what the VM home says of its encrypted disks
 * @returns null when a KEK that one of them needs is not in the cache
 * @throws HypervisorError BUNDLE_TAMPERED; DESCRIPTOR_MISMATCH, also where the VM home knows of no such rewrite
 */
export function openBetween(
  disk: DiskConfig,
  config: VmConfig,
  bound: ReadonlyMap<DiskUuid, BoundDisk>,
  opener: Opener,
): BetweenKeys | null {
  const file = disk.folder.shown(disk.fileName);
  const known = bound.get(disk.uuid);
  const between = betweenOf(known?.generation ?? '');
  if (known === undefined || between === null) {
    throw descriptorMismatch(file, 'ddb.vmcrypt.journal', disk.journalFileName ?? 'nothing', 'nothing');
  }
  const [fromCheck = '', toCheck = ''] = known.check.split('>');
  const from = openSide(disk, config, between.from, fromCheck, opener);
  const to = from === 'missing' ? 'missing' : openSide(disk, config, between.to, toCheck, opener);
  if (from !== 'missing' && to !== 'missing') return { from, to };
  if (from !== 'missing') from?.dek.dispose();
  return null;
}

function openSide(
  disk: DiskConfig,
  config: VmConfig,
  generation: string,
  check: string,
  opener: Opener,
): DiskKey | null | 'missing' {
  if (generation === PLAIN_GENERATION) return null;
  const file = disk.folder.shown(disk.fileName);
  const { encryption } = disk;
  if (encryption === null) throw descriptorMismatch(file, 'encryptionKeys', 'nothing', `generation ${generation}`);
  const opened = openSealed(encryption.sealed, file, opener, generation);
  if (opened === null) return 'missing';
  const { dek, binding } = opened;
  try {
    const { dataUnitSize } = encryption;
    // `keyID` can be of one side only, and the other is as right.
    const clear = { ...disk, vm: config.uuid, dataUnitSize, generation, contentKeyId: binding.keyID ?? '' };
    checkBinding(file, diskBinding(clear), binding);
    if (dek.keyCheckValue() !== check) throw descriptorMismatch(file, 'key check value', dek.keyCheckValue(), check);
    return { dek, dataUnitSizeBytes: dataUnitSize === '4096' ? 4096 : 512 };
  } catch (error) {
    dek.dispose();
    throw error;
  }
}

/** Opens what {@link openBetween} opens, compares, and lets go of it again; throws the same. */
export function checkBetween(...args: Parameters<typeof openBetween>): void {
  const keys = openBetween(...args);
  keys?.from?.dek.dispose();
  keys?.to?.dek.dispose();
}
