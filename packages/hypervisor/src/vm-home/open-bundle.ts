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
import { type DiskConfig, isOwnLink, type LinkConfig, linksOf, type SealedDeks } from './disk-config.js';
import { type BoundDisk, boundDisksIn, diskBinding, FIRST_GENERATION } from './key-binding.js';
import type { Opener } from './opener.js';
import type { VmConfig } from './vm-config.js';

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
  if (disk.journalFileName !== null) throw rewriteUnfinished(disk.folder.shown(disk.fileName));
  const known = bound.get(disk.uuid);
  const [top, ...below] = linksOf(disk);
  const key = openLinkKey(top, disk, config, known, opener);
  try {
    for (const link of below) {
      if (!isOwnLink(disk, link)) {
        checkOfAnother(link, top);
        continue;
      }
      const opened = openLinkKey(link, disk, config, known, opener);
      if (opened !== null && opened !== 'plain') opened.dek.dispose();
      checkSameKey(link, opened, key);
      if (opened === null && key !== null) return disposed(key);
    }
    return key;
  } catch (error) {
    disposed(key);
    throw error;
  }
}

/** A link of the VM whose linked clone this is has the same DEK, by what stands in clear: its bundle is sealed for that VM. */
function checkOfAnother(link: LinkConfig, top: LinkConfig): void {
  const file = link.folder.shown(link.fileName);
  const says = ({ encryption }: LinkConfig): string => encryption?.contentKeyId ?? 'nothing';
  if (says(link) !== says(top)) throw descriptorMismatch(file, 'keyID', says(link), says(top));
  const unitOf = ({ encryption }: LinkConfig): string => encryption?.dataUnitSize ?? 'nothing';
  if (unitOf(link) !== unitOf(top)) throw descriptorMismatch(file, 'dataUnitSize', unitOf(link), unitOf(top));
}

/** All links of a disk are encrypted, or none, and in units of one size; that they have one DEK the key check value has shown. */
function checkSameKey(link: LinkConfig, opened: DiskKey | 'plain' | null, key: DiskKey | 'plain' | null): void {
  const unitOf = (one: DiskKey | 'plain' | null): string =>
    one === null || one === 'plain' ? 'nothing' : String(one.dataUnitSizeBytes);
  if (opened === null || key === null || unitOf(opened) === unitOf(key)) return;
  throw descriptorMismatch(link.folder.shown(link.fileName), 'dataUnitSize', unitOf(opened), unitOf(key));
}

function disposed(key: DiskKey | 'plain' | null): null {
  if (key !== null && key !== 'plain') key.dek.dispose();
  return null;
}

/** The key of one link, compared with what the VM home knows of the disk. */
function openLinkKey(
  link: LinkConfig,
  disk: DiskConfig,
  config: VmConfig,
  known: BoundDisk | undefined,
  opener: Opener,
): DiskKey | 'plain' | null {
  const file = link.folder.shown(link.fileName);
  const generation = known?.generation;
  if (link.encryption === null) {
    if (generation !== undefined) throw bundleMissing(file);
    return 'plain';
  }
  const { sealed, cipher, dataUnitSize, contentKeyId } = link.encryption;
  const opened = openSealed(sealed, file, opener, generation ?? null);
  if (opened === null) return null;
  return orDispose(opened.dek, () => {
    // The dictionary that was just opened names its cipher, and crypto-core reads no other.
    if (cipher !== 'XTS-AES-256') throw descriptorMismatch(file, 'cipher', cipher, 'XTS-AES-256');
    const { capacity, extentFileName } = link;
    const clear = { capacity, extentFileName, uuid: disk.uuid, vm: config.uuid, dataUnitSize, contentKeyId };
    checkBinding(file, diskBinding({ ...clear, generation: generation ?? 'nothing' }), opened.binding);
    const check = opened.dek.keyCheckValue();
    if (check !== known?.check) throw descriptorMismatch(file, 'key check value', check, known?.check ?? 'nothing');
    refuseSwapped(link, opened.binding.descriptor, disk, config);
    if (dataUnitSize !== '512' && dataUnitSize !== '4096') {
      throw fileDamaged(file, `a data unit of ${dataUnitSize} bytes is not served`);
    }
    return { dek: opened.dek, dataUnitSizeBytes: dataUnitSize === '512' ? 512 : 4096 };
  });
}

/** A descriptor that was sealed under the name of another one of this VM: the contents of two files were exchanged. */
function refuseSwapped(link: LinkConfig, sealedAs: string | undefined, { uuid }: DiskConfig, config: VmConfig): void {
  if (sealedAs === undefined || sealedAs === link.fileName) return;
  const isOther = config.disks
    .flatMap(linksOf)
    .some((one) => one.folder.path === link.folder.path && one.fileName === sealedAs);
  if (!isOther) return;
  throw descriptorsSwapped(link.folder.shown(link.fileName), uuid, link.folder.shown(sealedAs));
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
