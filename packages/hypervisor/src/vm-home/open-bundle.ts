import { CryptoError, Dek, type Kek, type KeyBinding } from '@vcryptsim/crypto-core';
import type { CryptoKeyId, DiskUuid } from '@vcryptsim/ports';
import {
  bundleMissing,
  bundleNotOpened,
  bundleTampered,
  descriptorMismatch,
  descriptorsSwapped,
  fileDamaged,
  rewriteUnfinished,
} from '../api/faults.js';
import type { DiskKey } from '../disk/vmcrypt-filter.js';
import type { SealedDek } from '../formats/encryption-bundle.js';
import { type BoundDisk, boundDisksIn, diskBinding, FIRST_GENERATION } from './key-binding.js';
import type { Opener } from './opener.js';
import type { DiskConfig, SealedDeks, VmConfig } from './vm-config.js';

/** The VM home's DEK and what is sealed with it. The receiver disposes of the DEK. */
export interface OpenHome {
  readonly dek: Dek;
  /** Of the DEK. */
  readonly generation: string;
  /** The VM's encrypted disks, as they were sealed with it. */
  readonly disks: ReadonlyMap<DiskUuid, BoundDisk>;
  /** What is still to do while disks are rewritten in place; null when none is. */
  readonly intent: string | null;
}

/**
 * Opens the bundle of an encrypted VM.
 *
 * @returns null when no KEK that it names is in the cache: the VM is locked (design.md rule 4)
 * @throws HypervisorError BUNDLE_TAMPERED, DESCRIPTOR_MISMATCH (the VMX was edited)
 */
export function openHome(sealed: SealedDeks, config: VmConfig, opener: Opener): OpenHome | null {
  const file = config.folder.shown(config.vmxFileName);
  const opened = openSealed(sealed, file, opener, null);
  if (opened === null) return null;
  return orDispose(opened.dek, () => {
    checkBinding(file, { kind: 'vm-home', vm: config.uuid }, opened.binding);
    const { generation = FIRST_GENERATION } = opened.binding;
    return { dek: opened.dek, generation, disks: boundDisksIn(opened.binding), intent: opened.binding.intent ?? null };
  });
}

/**
 * Opens the bundle of one disk and compares the descriptor with its sealed copy. What the descriptor says in clear is
 * never obeyed: it either agrees or is refused.
 *
 * @param bound what the VM home says of its encrypted disks
 * @returns the disk's DEK, which the receiver disposes of; null when no KEK that it names is in the cache; `plain` for a disk that is not encrypted
 * @throws HypervisorError BUNDLE_TAMPERED, BUNDLE_MISSING, DESCRIPTOR_MISMATCH; INVALID_STATE while it is rewritten in place
 */
export function openDiskKey(
  disk: DiskConfig,
  config: VmConfig,
  bound: ReadonlyMap<DiskUuid, BoundDisk>,
  opener: Opener,
): DiskKey | 'plain' | null {
  const file = config.folder.shown(disk.fileName);
  if (disk.journalFileName !== null) throw rewriteUnfinished(file);
  const known = bound.get(disk.uuid);
  const generation = known?.generation;
  if (disk.encryption === null) {
    if (generation !== undefined) throw bundleMissing(file);
    return 'plain';
  }
  const { sealed, cipher, dataUnitSize, contentKeyId } = disk.encryption;
  const opened = openSealed(sealed, file, opener, generation ?? null);
  if (opened === null) return null;
  return orDispose(opened.dek, () => {
    // The dictionary that was just opened names its cipher, and crypto-core reads no other.
    if (cipher !== 'XTS-AES-256') throw descriptorMismatch(file, 'cipher', cipher, 'XTS-AES-256');
    const clear = { ...disk, vm: config.uuid, dataUnitSize, contentKeyId, generation: generation ?? 'nothing' };
    checkBinding(file, diskBinding(clear), opened.binding);
    const check = opened.dek.keyCheckValue();
    if (check !== known?.check) throw descriptorMismatch(file, 'key check value', check, known?.check ?? 'nothing');
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

/** A DEK with what was sealed with it. */
export interface OpenedDek {
  readonly dek: Dek;
  readonly binding: KeyBinding;
}

/**
 * Opens a bundle by the first pair whose KEK is at hand; of pairs that seal several DEKs, by one of the wanted generation.
 *
 * @returns null for "not mine": no KEK at hand opens what is wanted, and one that is not might. Throws for "mine and broken".
 */
export function openSealed(
  sealed: SealedDeks,
  file: string,
  { keys, engine }: Opener,
  generation: string | null,
): OpenedDek | null {
  const tried: CryptoKeyId[] = [];
  let other: OpenedDek | null = null;
  try {
    for (const { keyId, locked } of sealed) {
      const kek = keys.get(keyId);
      if (kek === undefined) continue;
      const opened = unsealOrNull({ engine, kek, locked }, file);
      if (opened === null) tried.push(keyId);
      else if (generation === null || opened.binding.generation === generation) return opened;
      else {
        other?.dek.dispose();
        other = opened;
      }
    }
    const isOneMissing = sealed.some(({ keyId }) => !keys.has(keyId));
    if (tried.length > 0 && (other === null || !isOneMissing)) throw bundleNotOpened(file, tried);
    if (other === null || isOneMissing) return null;
    const answer = other;
    other = null;
    return answer;
  } finally {
    other?.dek.dispose();
  }
}

/**
 * What was sealed with a DEK, of one pair of a bundle.
 *
 * @returns null where its KEK is not at hand, or its DEK is of another generation
 * @throws HypervisorError BUNDLE_TAMPERED
 */
export function bindingOf(pair: SealedDek, generation: string, file: string, opener: Opener): KeyBinding | null {
  const opened = openSealed([pair], file, opener, generation);
  opened?.dek.dispose();
  return opened?.binding.generation === generation ? opened.binding : null;
}

function unsealOrNull(o: { engine: Opener['engine']; kek: Kek; locked: Uint8Array }, file: string): OpenedDek | null {
  try {
    return Dek.unseal(o);
  } catch (error) {
    if (!(error instanceof CryptoError) || error.code === 'DISPOSED') throw error;
    if (error.code === 'LOCKED_DATA_MISMATCH') return null;
    throw bundleTampered(file, 'what it holds is not what a host writes');
  }
}

/** Compares what stands in clear with what was sealed; throws DESCRIPTOR_MISMATCH with both. */
export function checkBinding(file: string, clear: KeyBinding, sealed: KeyBinding): void {
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
