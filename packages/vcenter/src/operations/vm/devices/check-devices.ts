import type { VmRecord } from '../../../database/schema.js';
import { VCenterError } from '../../../terms/errors.js';
import { diskNotFound, diskTwice } from '../reconfigure/check-plan.js';
import type { ReconfigVmArguments } from '../reconfigure/plan-reconfigure.js';
import type { AddedDisk } from './plan-devices.js';

/**
 * Refuses what may not come, go or grow, before a key is made and before the host is asked (facts/vsphere-encryption.md
 * section 5, "Disk add rules"; facts/settled.md 14; rows S07, S25).
 *
 * @throws VCenterError INVALID_ARGUMENT, DISK_NOT_FOUND, ENCRYPTED_DISK_ON_PLAIN_VM
 */
export function checkDevices(vm: VmRecord, added: readonly AddedDisk[], args: ReconfigVmArguments): void {
  const { policy, crypto, disks, removeDisks = [], growDisks = [] } = args;
  if (policy !== undefined || crypto !== undefined || (disks ?? []).length > 0) throw mixture();
  for (const list of [removeDisks, growDisks]) {
    for (const [index, { deviceKey }] of list.entries()) {
      if (!vm.disks.some((disk) => disk.deviceKey === deviceKey)) throw diskNotFound(vm.name, deviceKey);
      if (list.findIndex((disk) => disk.deviceKey === deviceKey) !== index) throw diskTwice(deviceKey);
    }
  }
  for (const [index, disk] of added.entries()) checkAdded(vm, disk, `addDisks.${index}`);
  const made = added.filter(({ wish }) => !('existing' in wish));
  const isTold = made.some(({ wish }) => wish.bus !== undefined || wish.unit !== undefined);
  if (isTold && new Set(made.map((each) => each.policy?.id ?? null)).size > 1) throw oneByOne();
}

function checkAdded(vm: VmRecord, { wish, policy, keyId, isEncrypted }: AddedDisk, what: string): void {
  if ('existing' in wish) {
    const name = `Disk ${wish.existing}`;
    if (keyId !== null && vm.keyId === null) throw encryptedDiskOnPlainVm(wish.existing);
    if (keyId === null && policy?.encrypts) throw plainWithPolicy(name, what);
    if (keyId !== null && policy !== null && !policy.encrypts) throw encryptedWithPolicy(name, policy.name, what);
    if (!['NoOp', 'Register', undefined].includes(wish.crypto?.type)) throw keepsKeys(name, what);
    return;
  }
  if (isEncrypted && vm.keyId === null) throw encryptedDiskOnPlainVm('that is to be made');
  if (wish.crypto?.type === 'Encrypt' && !isEncrypted) throw keyWithoutPolicy(what);
  if (wish.crypto?.type === 'NoOp' && isEncrypted) throw policyWithoutKey(what);
  if (!['Encrypt', 'NoOp', undefined].includes(wish.crypto?.type)) throw newDisk(what);
}

function invalid(what: string, message: string, messageKey?: string): VCenterError {
  return new VCenterError({ code: 'INVALID_ARGUMENT', what, ...(messageKey && { messageKey }) }, message);
}

function mixture(): VCenterError {
  return invalid(
    'addDisks',
    'Disks come, go or grow in one call, and policies and keys change in another. Do the one, then the other.',
  );
}

function oneByOne(): VCenterError {
  return invalid(
    'addDisks',
    'Several new disks with different storage policies are added without a bus and a unit. Add them one after the other.',
  );
}

/** InvalidDeviceSpec (row S07; facts/vsphere-encryption.md section 2, "Faults"). */
function encryptedDiskOnPlainVm(disk: string): VCenterError {
  return new VCenterError(
    { code: 'ENCRYPTED_DISK_ON_PLAIN_VM', disk, messageKey: 'msg.hostd.configSpec.enc.mismatch' },
    `The disk ${disk} is encrypted, and the VM is not. Encrypt the VM first, by its storage policy.`,
  );
}

/** InvalidDeviceSpec (settled.md 14; facts/vsphere-encryption.md section 2, "Faults"). */
function plainWithPolicy(disk: string, what: string): VCenterError {
  return invalid(
    `${what}.policy`,
    `${disk} is there and plain: it is not encrypted while it is added. Add it without the policy, then apply the policy to it.`,
    'msg.hostd.deviceSpec.add.noencrypt',
  );
}

function encryptedWithPolicy(disk: string, policy: string, what: string): VCenterError {
  return invalid(
    `${what}.policy`,
    `${disk} is encrypted, and the storage policy ${policy} does not encrypt. Name one that does, or none.`,
    'msg.hostd.deviceSpec.enc.badPolicy',
  );
}

function keepsKeys(disk: string, what: string): VCenterError {
  return invalid(`${what}.crypto`, `${disk} keeps its keys while it is added. Add it as it is, then change its keys.`);
}

function keyWithoutPolicy(what: string): VCenterError {
  return invalid(
    `${what}.crypto`,
    'A new disk takes a key only together with a storage policy that encrypts. Give the disk such a policy.',
    'msg.hostd.deviceSpec.enc.badPolicy',
  );
}

function policyWithoutKey(what: string): VCenterError {
  return invalid(
    `${what}.crypto`,
    'A new disk would not fit its storage policy when nothing is done with its keys. Leave the crypto spec out.',
    'msg.disk.policyChangeFailure',
  );
}

function newDisk(what: string): VCenterError {
  return invalid(`${what}.crypto`, 'A new disk has no keys yet that could be changed. Use Encrypt or NoOp.');
}
