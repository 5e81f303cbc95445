import { CryptoError, Dek, type KeyBinding } from '@vcryptsim/crypto-core';
import type { CryptoKeyId, DiskUuid } from '@vcryptsim/ports';
import {
  bundleMissing,
  bundleNotOpened,
  bundleTampered,
  descriptorMismatch,
  descriptorsSwapped,
  fileDamaged,
} from '../api/faults.js';
import type { DiskKey } from '../disk/vmcrypt-filter.js';
import { diskBinding, generationsIn } from './key-binding.js';
import type { Opener } from './opener.js';
import type { DiskConfig, SealedDeks, VmConfig } from './vm-config.js';

/** The VM home's DEK and what is sealed with it. The receiver disposes of the DEK. */
export interface OpenHome {
  readonly dek: Dek;
  readonly generations: ReadonlyMap<DiskUuid, string>;
}

/**
 * Opens the bundle of an encrypted VM.
 *
 * @returns null when no KEK that it names is in the cache: the VM is locked (design.md rule 4)
 * @throws HypervisorError BUNDLE_TAMPERED, DESCRIPTOR_MISMATCH (the VMX was edited)
 */
export function openHome(sealed: SealedDeks, config: VmConfig, opener: Opener): OpenHome | null {
  const file = config.folder.shown(config.vmxFileName);
  const opened = openSealed(sealed, file, opener);
  if (opened === null) return null;
  return orDispose(opened.dek, () => {
    checkBinding(file, { kind: 'vm-home', vm: config.uuid }, opened.binding);
    return { dek: opened.dek, generations: generationsIn(opened.binding) };
  });
}

/**
 * Opens the bundle of one disk and compares the descriptor with its sealed copy. What the descriptor says in clear is
 * never obeyed: it either agrees or is refused.
 *
 * @param generations what the VM home says of its encrypted disks
 * @returns the disk's DEK, which the receiver disposes of; null when no KEK that it names is in the cache; `plain` for a disk that is not encrypted
 * @throws HypervisorError BUNDLE_TAMPERED, BUNDLE_MISSING, DESCRIPTOR_MISMATCH
 */
export function openDiskKey(
  disk: DiskConfig,
  config: VmConfig,
  generations: ReadonlyMap<DiskUuid, string>,
  opener: Opener,
): DiskKey | 'plain' | null {
  const file = config.folder.shown(disk.fileName);
  const generation = generations.get(disk.uuid);
  if (disk.encryption === null) {
    if (generation !== undefined) throw bundleMissing(file);
    return 'plain';
  }
  const { sealed, cipher, dataUnitSize, contentKeyId } = disk.encryption;
  const opened = openSealed(sealed, file, opener);
  if (opened === null) return null;
  return orDispose(opened.dek, () => {
    // The dictionary that was just opened names its cipher, and crypto-core reads no other.
    if (cipher !== 'XTS-AES-256') throw descriptorMismatch(file, 'cipher', cipher, 'XTS-AES-256');
    const clear = { ...disk, vm: config.uuid, dataUnitSize, contentKeyId, generation: generation ?? 'nothing' };
    checkBinding(file, diskBinding(clear), opened.binding);
    const sealedAs = opened.binding.descriptor;
    if (sealedAs !== undefined && sealedAs !== disk.fileName && config.disks.some((one) => one.fileName === sealedAs)) {
      throw descriptorsSwapped(file, disk.uuid, config.folder.shown(sealedAs));
    }
    if (dataUnitSize !== '512' && dataUnitSize !== '4096') {
      throw fileDamaged(file, `a data unit of ${dataUnitSize} bytes is not served`);
    }
    return { dek: opened.dek, dataUnitSizeBytes: dataUnitSize === '512' ? 512 : 4096 };
  });
}

/** null: not mine; a throw: mine and broken. */
function openSealed(
  sealed: SealedDeks,
  file: string,
  { keys, engine }: Opener,
): { dek: Dek; binding: KeyBinding } | null {
  const tried: CryptoKeyId[] = [];
  for (const { keyId, locked } of sealed) {
    const kek = keys.get(keyId);
    if (kek === undefined) continue;
    try {
      return Dek.unseal({ engine, kek, locked });
    } catch (error) {
      if (!(error instanceof CryptoError) || error.code === 'DISPOSED') throw error;
      if (error.code !== 'LOCKED_DATA_MISMATCH') throw bundleTampered(file, 'what it holds is not what a host writes');
      tried.push(keyId);
    }
  }
  if (tried.length > 0) throw bundleNotOpened(file, tried);
  return null;
}

function checkBinding(file: string, clear: KeyBinding, sealed: KeyBinding): void {
  for (const [field, value] of Object.entries(clear)) {
    if (sealed[field] !== value) throw descriptorMismatch(file, field, value, sealed[field] ?? 'nothing');
  }
}

function orDispose<T>(dek: Dek, work: () => T): T {
  try {
    return work();
  } catch (error) {
    dek.dispose();
    throw error;
  }
}
