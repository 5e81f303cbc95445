import { type CryptoKeyId, sameKeyId } from '@vcryptsim/ports';
import type { CryptoSpec } from '../../api/crypto-spec.js';
import {
  diskNotFound,
  encryptedAlready,
  encryptedDiskOnPlainVm,
  invalidArgument,
  notEncrypted,
} from '../../api/faults.js';
import type { VmReconfigureSpec } from '../../api/reconfigure.js';
import type { DiskConfig } from '../disk-config.js';
import { distinctKeyIds } from '../distinct-key-ids.js';
import type { VmConfig } from '../vm-config.js';

/** What becomes of the keys of the VM home or of one disk. */
export type KeyChange =
  | { readonly kind: 'keep' }
  /** Plain data is encrypted under a new DEK. */
  | { readonly kind: 'encrypt'; readonly keyId: CryptoKeyId }
  | { readonly kind: 'decrypt' }
  /** The same DEK under another KEK. */
  | { readonly kind: 'shallow'; readonly keyId: CryptoKeyId }
  /** A new DEK, under this KEK. */
  | { readonly kind: 'deep'; readonly keyId: CryptoKeyId };

/** A disk and what becomes of it. */
export interface DiskChange {
  readonly disk: DiskConfig;
  readonly change: KeyChange;
}

/** A change as it will be made: everything settled before the first byte is written. */
export interface ChangePlan {
  readonly home: KeyChange;
  /** All disks of the VM, in its order. */
  readonly disks: readonly DiskChange[];
}

/**
 * Settles what a spec means for a VM (facts/vsphere-encryption.md section 5, facts/vsphere-rules.md section 2).
 *
 * @throws HypervisorError DISK_NOT_FOUND, VM_ENCRYPTED, VM_NOT_ENCRYPTED, DISK_ENCRYPTED, DISK_NOT_ENCRYPTED,
 *   ENCRYPTED_DISK_ON_PLAIN_VM, INVALID_ARGUMENT
 */
export function planChange(config: VmConfig, spec: VmReconfigureSpec): ChangePlan {
  const crypto = spec.crypto ?? { type: 'NoOp' };
  const shown = config.folder.shown(config.vmxFileName);
  const homeKeyId = config.sealedHome?.[0].keyId ?? null;
  const home = changeOf(crypto, homeKeyId, { kind: 'VM', what: config.name, shown });
  const own = ownSpecsOf(config, spec);
  const disks = config.disks.map((disk): DiskChange => {
    const wanted = own.get(disk.deviceKey);
    const keyId = disk.encryption?.sealed[0].keyId ?? null;
    if (wanted === undefined) return { disk, change: inheritedChange(crypto, keyId) };
    const file = disk.folder.shown(disk.fileName);
    return { disk, change: changeOf(wanted, keyId, { kind: 'DISK', what: file, shown: file }) };
  });
  if (!isEncryptedAfter(home, homeKeyId !== null)) {
    const encrypted = disks.find(({ disk, change }) => isEncryptedAfter(change, disk.encryption !== null));
    if (encrypted !== undefined) throw encryptedDiskOnPlainVm(encrypted.disk.folder.shown(encrypted.disk.fileName));
  }
  return { home, disks };
}

/** The keys that a plan seals with, each once. */
export function keysSealedWith({ home, disks }: ChangePlan): readonly CryptoKeyId[] {
  const changes = [home, ...disks.map(({ change }) => change)];
  return distinctKeyIds(changes.flatMap((change) => ('keyId' in change ? [change.keyId] : [])));
}

/** Whether data is written anew: only of a VM that is off (facts/vsphere-rules.md section 2.1). */
export function rewritesData(change: KeyChange): boolean {
  return change.kind === 'encrypt' || change.kind === 'decrypt' || change.kind === 'deep';
}

/** Whether it is encrypted when the change is done. */
export function isEncryptedAfter(change: KeyChange, isEncrypted: boolean): boolean {
  return change.kind === 'keep' ? isEncrypted : change.kind !== 'decrypt';
}

function ownSpecsOf(config: VmConfig, { disks = [] }: VmReconfigureSpec): ReadonlyMap<number, CryptoSpec> {
  const own = new Map<number, CryptoSpec>();
  for (const { deviceKey, crypto } of disks) {
    if (!config.disks.some((disk) => disk.deviceKey === deviceKey)) throw diskNotFound(config.name, deviceKey);
    if (own.has(deviceKey)) {
      throw invalidArgument('disks.deviceKey', `Disk ${deviceKey} occurs twice. Name each disk once.`);
    }
    own.set(deviceKey, crypto);
  }
  return own;
}

/** What is changed, for a refusal. */
interface Target {
  readonly kind: 'VM' | 'DISK';
  readonly what: string;
  readonly shown: string;
}

function changeOf(crypto: CryptoSpec, keyId: CryptoKeyId | null, { kind, what, shown }: Target): KeyChange {
  switch (crypto.type) {
    case 'NoOp':
      return { kind: 'keep' };
    case 'Encrypt':
      if (keyId !== null) throw encryptedAlready(kind, what);
      return { kind: 'encrypt', keyId: crypto.cryptoKeyId };
    case 'Decrypt':
      if (keyId === null) throw notEncrypted(kind, what);
      return { kind: 'decrypt' };
    case 'ShallowRecrypt':
      if (keyId === null) throw notEncrypted(kind, what);
      return { kind: 'shallow', keyId: crypto.newKeyId };
    case 'DeepRecrypt':
      if (keyId === null) throw notEncrypted(kind, what);
      return { kind: 'deep', keyId: crypto.newKeyId };
    case 'Register':
      if (keyId === null) throw notEncrypted(kind, what);
      if (!sameKeyId(keyId, crypto.cryptoKeyId)) {
        throw invalidArgument('cryptoKeyId', `${shown} has another key than the one to register. Name the one it has.`);
      }
      return { kind: 'keep' };
  }
}

/** What the spec of the VM home means for a disk without one of its own: nothing where it does not fit. */
function inheritedChange(crypto: CryptoSpec, keyId: CryptoKeyId | null): KeyChange {
  switch (crypto.type) {
    case 'NoOp':
    case 'Register':
      return { kind: 'keep' };
    case 'Encrypt':
      return keyId === null ? { kind: 'encrypt', keyId: crypto.cryptoKeyId } : { kind: 'keep' };
    case 'Decrypt':
      return keyId === null ? { kind: 'keep' } : { kind: 'decrypt' };
    case 'ShallowRecrypt':
      return keyId === null ? { kind: 'keep' } : { kind: 'shallow', keyId: crypto.newKeyId };
    case 'DeepRecrypt':
      return keyId === null ? { kind: 'keep' } : { kind: 'deep', keyId: crypto.newKeyId };
  }
}
