import { type CryptoKeyId, type FileError, type FileErrorCode, formatKeyId } from '@vcryptsim/ports';
import { HypervisorError } from './errors.js';
import type { VmInfo } from './vm.js';

/** The host rebooted or crashed; this object speaks for an earlier boot. */
export function hostGone(host: string): HypervisorError {
  return new HypervisorError(
    { code: 'HOST_GONE' },
    `Host ${host} is gone: it was shut down or rebooted, and this connection belongs to an earlier boot. Connect again.`,
  );
}

/** The work was to end before it was done. */
export function canceled(): HypervisorError {
  return new HypervisorError(
    { code: 'CANCELED' },
    'The work was canceled before it was done. What it had made is removed.',
  );
}

/** An argument that the host does not take. `what` names it and says what would do. */
export function invalidArgument(what: string, message: string): HypervisorError {
  return new HypervisorError({ code: 'INVALID_ARGUMENT', what }, message);
}

/** A file whose text or bytes are not what its format says. `what` is a clause without its full stop. */
export function fileDamaged(file: string, what: string, line?: number): HypervisorError {
  const place = line === undefined ? file : `${file}, line ${line}`;
  return new HypervisorError(
    { code: 'FILE_DAMAGED', file, what, ...(line === undefined ? {} : { line }) },
    `${place}: ${what}. Correct the file or restore a saved copy.`,
  );
}

/**
 * A file that could not be read or written just now, although it may be whole: too many open files, a failing medium,
 * permissions. It says nothing of the file.
 */
export function fileInaccessible(file: string, error: FileError): HypervisorError {
  const [what, next] = TROUBLES.get(error.code) ?? ['the medium failed', 'Check the medium and try again.'];
  const call = `${error.operation}: ${error.systemCode ?? error.code}`;
  return new HypervisorError(
    { code: 'FILE_INACCESSIBLE', file, reason: error.code },
    `${file} cannot be used just now: ${what} (${call}). Nothing is known to be wrong with the file. ${next}`,
  );
}

const TROUBLES: ReadonlyMap<FileErrorCode, readonly [what: string, next: string]> = new Map([
  ['NOT_PERMITTED', ['it is not permitted', 'Check owner and permissions of file and folder.']],
  ['NOT_FOUND', ['the datastore is not there', 'Mount it again.']],
  ['TOO_MANY_OPEN', ['too many files are open', 'Raise the limit (ulimit -n) and try again.']],
  ['CLOSED', ['it was closed while in use', 'Try again.']],
]);

/**
 * A file that another host has open (VMware's words, facts/vsphere-formats.md Q7).
 *
 * @param staleMs after so long without a sign of life of the holder its lock may be broken
 */
export function fileLocked(file: string, holder: string, staleMs: number): HypervisorError {
  return new HypervisorError(
    { code: 'FILE_LOCKED', file, holder },
    `Unable to access file ${file} since it is locked by ${holder}. Failed to lock the file. Power the virtual machine off there; if that host is gone, try again: its lock is broken after ${staleMs / 1000} s without a sign of life.`,
  );
}

/** A VM whose lock another host broke. What this host still has of it in memory must not be written. */
export function lockLost(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'FILE_LOCK_LOST', file },
    `The lock protecting ${file} has been lost: this host gave no sign of life on the datastore for too long, and another host took the lock. Nothing was written. Power the virtual machine off here; it can run on the other host.`,
  );
}

/** A bundle that the key under its key ID does not open: key and bundle do not fit, and nothing tells which is wrong. */
export function bundleNotOpened(file: string, keys: readonly CryptoKeyId[]): HypervisorError {
  return new HypervisorError(
    { code: 'BUNDLE_TAMPERED', file },
    `The encryption bundle in ${file} does not open with ${keys.map((id) => `key ${formatKeyId(id)}`).join(' nor ')}, which the host has. Either that key is not the one that sealed it (another key server can have another key under the same ID), or the bundle was changed. Compare the key server with its backup, and the file with a saved copy.`,
  );
}

/** Two descriptors of one VM that stand in each other's file. */
export function descriptorsSwapped(file: string, disk: string, sealedAs: string): HypervisorError {
  return new HypervisorError(
    { code: 'DESCRIPTOR_MISMATCH', file, field: 'descriptor' },
    `${file} holds the descriptor of disk ${disk}, which was sealed as ${sealedAs}: the contents of the two files were exchanged. Exchange them back.`,
  );
}

/** A bundle that cannot be what the host wrote. `what` is a clause without its full stop. */
export function bundleTampered(file: string, what: string): HypervisorError {
  return new HypervisorError(
    { code: 'BUNDLE_TAMPERED', file },
    `The encryption bundle in ${file} was changed: ${what}. Restore a saved copy of the file; without the bundle its data cannot be recovered.`,
  );
}

/** A bundle that is not there although what it opens is sealed. */
export function bundleMissing(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'BUNDLE_MISSING', file },
    `The encryption bundle is missing from ${file}, but the data is encrypted. Restore a saved copy of the file; without the bundle the data cannot be recovered.`,
  );
}

/** A sealed file of a VM that has no key. */
export function sealedWithoutBundle(file: string): HypervisorError {
  return new HypervisorError(
    { code: 'BUNDLE_MISSING', file },
    `${file} is sealed, but the virtual machine has no encryption bundle: either the bundle was taken out of its .vmx file, or this file belongs to another virtual machine. Restore a saved copy of the one or of the other.`,
  );
}

/** Clear text that differs from the authenticated copy inside the bundle; both values are told. */
export function descriptorMismatch(file: string, field: string, clear: string, sealed: string): HypervisorError {
  return new HypervisorError(
    { code: 'DESCRIPTOR_MISMATCH', file, field },
    `${file}: ${field} says ${clear}, but the sealed copy says ${sealed}. The sealed copy is right: change the line back.`,
  );
}

/** A VM whose home key (or a key it also needs) is not in the cache. */
export function vmLocked(vm: string, requiredKeys: readonly CryptoKeyId[]): HypervisorError {
  return new HypervisorError(
    { code: 'VM_LOCKED', vm, requiredKeys },
    `The virtual machine ${vm} is locked: ${keyList(requiredKeys)} not in the host's key cache. Make the key provider reachable and unlock the VM.`,
  );
}

/** A disk whose key is not in the cache, in VMware's words (facts/vsphere-encryption.md section 6). */
export function diskKeyMissing(disk: string, requiredKeys: readonly CryptoKeyId[]): HypervisorError {
  return new HypervisorError(
    { code: 'DISK_KEY_MISSING', disk, requiredKeys },
    `The disk ${disk} is encrypted and a required key was not found. Needed: ${keyList(requiredKeys)} not in the host's key cache.`,
  );
}

/** A key that a request names and the cache lacks. */
export function keyNotInCache(requiredKeys: readonly CryptoKeyId[]): HypervisorError {
  return new HypervisorError(
    { code: 'KEY_NOT_IN_CACHE', requiredKeys },
    `${keyList(requiredKeys)} not in the host's key cache. Add the key to the host first.`,
  );
}

/** An encrypted disk cannot belong to a VM that is not encrypted (row S07). */
export function encryptedDiskOnPlainVm(disk: string): HypervisorError {
  return new HypervisorError(
    { code: 'ENCRYPTED_DISK_ON_PLAIN_VM', disk },
    `The disk ${disk} is encrypted, but the virtual machine is not. Encrypt the virtual machine first.`,
  );
}

/** What is encrypted is to be encrypted (message key `msg.hostd.configSpec.enc.encrypted` or that of a disk). */
export function encryptedAlready(kind: 'VM' | 'DISK', what: string): HypervisorError {
  const message = `${what} is encrypted already. Recrypt it to change its keys.`;
  if (kind === 'VM') return new HypervisorError({ code: 'VM_ENCRYPTED', vm: what }, `The virtual machine ${message}`);
  return new HypervisorError({ code: 'DISK_ENCRYPTED', disk: what }, `The disk ${message}`);
}

/** What is plain is to be recrypted or decrypted (message key `msg.hostd.configSpec.enc.notEncrypted` or that of a disk). */
export function notEncrypted(kind: 'VM' | 'DISK', what: string): HypervisorError {
  const message = `${what} is not encrypted. Encrypt it first.`;
  if (kind === 'VM')
    return new HypervisorError({ code: 'VM_NOT_ENCRYPTED', vm: what }, `The virtual machine ${message}`);
  return new HypervisorError({ code: 'DISK_NOT_ENCRYPTED', disk: what }, `The disk ${message}`);
}

/** A disk of which a part is under its old key and the rest under its new one. */
export function rewriteUnfinished(disk: string): HypervisorError {
  return new HypervisorError(
    { code: 'INVALID_STATE', state: 'rewriting' },
    `A change of the keys of ${disk} was interrupted: a part of its data is under the old key and the rest under the new one. Power the virtual machine on: that finishes it.`,
  );
}

/** A journal of a rewrite in place that this VM's keys did not write. `what` is a clause without its full stop. */
export function recordTampered(file: string, what: string): HypervisorError {
  return new HypervisorError(
    { code: 'RECORD_TAMPERED', file },
    `${file}, the journal of an interrupted rewrite, is not what this virtual machine's host wrote: ${what}. Nothing was written. Restore a saved copy of the file.`,
  );
}

/** A request that a powered-on (or -off) VM does not take. */
export function invalidPowerState(vm: string, existing: VmInfo['powerState']): HypervisorError {
  const [now, next] = POWER_WORDS[existing];
  return new HypervisorError(
    { code: 'INVALID_POWER_STATE', existing },
    `The virtual machine ${vm} is ${now}. ${next} first.`,
  );
}

const POWER_WORDS: Readonly<Record<VmInfo['powerState'], readonly [now: string, next: string]>> = {
  poweredOn: ['powered on', 'Power it off'],
  poweredOff: ['powered off', 'Power it on'],
  suspended: ['suspended', 'Power it on, and off where it is to be off,'],
};

/** A VM that is not registered. */
export function vmNotFound(vm: string, host: string): HypervisorError {
  return new HypervisorError(
    { code: 'VM_NOT_FOUND', vm },
    `No virtual machine with UUID ${vm} is registered on host ${host}. Register it first.`,
  );
}

/** A device key that the VM does not have. */
export function diskNotFound(vm: string, deviceKey: number): HypervisorError {
  return new HypervisorError(
    { code: 'DISK_NOT_FOUND', disk: `${vm} ${deviceKey}` },
    `The virtual machine ${vm} has no disk with device key ${deviceKey}. Disks are numbered from 2000 on.`,
  );
}

/** A spec or a version that is not served. `what` is a noun. */
export function notSupported(what: string, message: string): HypervisorError {
  return new HypervisorError({ code: 'NOT_SUPPORTED', what }, message);
}

/** Something with that name or identity is there already. */
export function alreadyExists(what: string, next: string): HypervisorError {
  return new HypervisorError({ code: 'ALREADY_EXISTS', what }, `${what} exists already. ${next}`);
}

function keyList(ids: readonly CryptoKeyId[]): string {
  return ids.length === 1 ? `key ${ids.map(formatKeyId).join()} is` : `keys ${ids.map(formatKeyId).join(', ')} are`;
}

/** A change that a VM with snapshots does not take: any snapshot, or snapshots in branches. */
export function snapshotsPresent(vm: string, which: 'any' | 'branches'): HypervisorError {
  const why =
    which === 'any'
      ? 'has snapshots, or disks that are still to be consolidated. Remove all snapshots and consolidate its disks first.'
      : 'has snapshots in branches, or is not at the end of their line. Remove snapshots until one line is left at whose end it is.';
  return new HypervisorError({ code: 'SNAPSHOTS_PRESENT', vm }, `Virtual machine ${vm} ${why}`);
}

/** A VM has no snapshot with that number. */
export function snapshotNotFound(vm: string, snapshot: number): HypervisorError {
  return new HypervisorError(
    { code: 'SNAPSHOT_NOT_FOUND', vm, snapshot },
    `Virtual machine ${vm} has no snapshot ${snapshot}. List its snapshots to see those it has.`,
  );
}

/** Links of one disk whose DEK is sealed by different KEKs, as a shallow recrypt that failed half-way leaves them. */
export function mixedKeys(disk: string): HypervisorError {
  return new HypervisorError(
    { code: 'MIXED_KEYS', disk },
    `The disk device ${disk} is encrypted with mixed keys: the descriptors of its links name different ones. Recrypt the disk (shallow) with one key first.`,
  );
}
