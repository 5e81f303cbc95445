import type { VmRecord } from '../../../database/schema.js';
import type { StoragePolicies } from '../../../policies/storage-policies.js';
import { VCenterError } from '../../../terms/errors.js';
import {
  doesAny,
  isEncryptedAfter,
  type PartPlan,
  partsOf,
  type ReconfigurePlan,
  type ReconfigVmArguments,
} from './plan-reconfigure.js';

/**
 * Refuses what may not be done, before a key is made and before the host is asked. Policy decides: a plain part is
 * encrypted, and an encrypted one decrypted, only together with a policy that says so; a deep recrypt needs the policy
 * that is there, a shallow one none (row S24; facts/vsphere-encryption.md sections 5 and 11).
 *
 * @throws VCenterError DISK_NOT_FOUND, INVALID_ARGUMENT, VM_ENCRYPTED, VM_NOT_ENCRYPTED, DISK_ENCRYPTED,
 *   DISK_NOT_ENCRYPTED, ENCRYPTED_DISK_ON_PLAIN_VM, INVALID_POWER_STATE
 */
export function checkPlan(
  policies: StoragePolicies,
  vm: VmRecord,
  plan: ReconfigurePlan,
  { disks = [] }: ReconfigVmArguments,
): void {
  for (const [index, { deviceKey }] of disks.entries()) {
    if (!vm.disks.some((disk) => disk.deviceKey === deviceKey)) throw diskNotFound(vm.name, deviceKey);
    if (disks.findIndex((disk) => disk.deviceKey === deviceKey) !== index) throw diskTwice(deviceKey);
  }
  for (const part of partsOf(plan)) checkPart(policies, part);
  const encrypted = isEncryptedAfter(plan.home) ? undefined : plan.disks.find(isEncryptedAfter);
  if (encrypted) throw encryptedDiskOnPlainVm(encrypted.name);
  // A shallow recrypt touches no data, and a running VM goes on (facts/vsphere-rules.md section 2.1).
  const { powerState } = vm;
  if (powerState !== 'poweredOff' && doesAny(plan, 'Encrypt', 'Decrypt', 'DeepRecrypt'))
    throw notOff(vm.name, powerState);
}

function checkPart(policies: StoragePolicies, part: PartPlan): void {
  const { crypto, keyId, policy } = part;
  if (crypto.type === 'Encrypt' && keyId !== null) throw encryptedAlready(part);
  if (crypto.type !== 'Encrypt' && crypto.type !== 'NoOp' && keyId === null) throw notEncrypted(part);
  const after = policy === undefined ? policies.find(part.policyNow ?? undefined) : policy;
  switch (crypto.type) {
    case 'Encrypt':
      if (!policy?.encrypts) throw keyWithoutPolicy(part);
      return;
    case 'Decrypt':
      if (after?.encrypts) throw policyStillEncrypts(part, after.name);
      return;
    case 'DeepRecrypt':
      if (!after?.encrypts) throw recryptWithoutPolicy(part);
      return;
    case 'ShallowRecrypt':
      if (policy !== undefined && !policy?.encrypts) throw recryptWithoutPolicy(part);
      return;
    case 'Register':
    case 'NoOp':
      if (policy !== undefined && (policy?.encrypts ?? false) !== (keyId !== null)) throw policyAlone(part);
      return;
  }
}

function isHome({ deviceKey }: PartPlan): boolean {
  return deviceKey === null;
}

/** Names the argument of a part. */
function argumentOf(part: PartPlan, name: string): string {
  return isHome(part) ? name : `disks.${part.deviceKey}.${name}`;
}

function wordsOf(part: PartPlan): string {
  return isHome(part) ? `The home of VM ${part.name}` : `Disk ${part.name}`;
}

/** InvalidDeviceSpec */
export function diskNotFound(vm: string, deviceKey: number): VCenterError {
  return new VCenterError(
    { code: 'DISK_NOT_FOUND', disk: String(deviceKey) },
    `VM ${vm} has no disk with the device key ${deviceKey}. Look up its disks, then try again.`,
  );
}

/** InvalidArgument */
export function diskTwice(deviceKey: number): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'disks.deviceKey' },
    `Disk ${deviceKey} occurs twice. Name each disk once.`,
  );
}

/** InvalidVmConfig for the VM home, InvalidDeviceOperation for a disk. */
function encryptedAlready(part: PartPlan): VCenterError {
  const message = `${wordsOf(part)} is encrypted already. To give it another key, recrypt it.`;
  return isHome(part)
    ? new VCenterError(
        { code: 'VM_ENCRYPTED', vm: part.name, messageKey: 'msg.hostd.configSpec.enc.encrypted' },
        message,
      )
    : new VCenterError(
        { code: 'DISK_ENCRYPTED', disk: part.name, messageKey: 'msg.hostd.deviceSpec.enc.encrypted' },
        message,
      );
}

/** InvalidVmConfig for the VM home, InvalidDeviceOperation for a disk. */
function notEncrypted(part: PartPlan): VCenterError {
  const message = `${wordsOf(part)} is not encrypted. To encrypt it, apply a storage policy that encrypts.`;
  return isHome(part)
    ? new VCenterError(
        { code: 'VM_NOT_ENCRYPTED', vm: part.name, messageKey: 'msg.hostd.configSpec.enc.notEncrypted' },
        message,
      )
    : new VCenterError(
        { code: 'DISK_NOT_ENCRYPTED', disk: part.name, messageKey: 'msg.hostd.deviceSpec.enc.notEncrypted' },
        message,
      );
}

/** encryptForbiddenWithoutEncryptedProfile for the VM home, InvalidDeviceSpec for a disk. */
function keyWithoutPolicy(part: PartPlan): VCenterError {
  const messageKey = isHome(part) ? 'encryptForbiddenWithoutEncryptedProfile' : 'msg.hostd.deviceSpec.enc.badPolicy';
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: argumentOf(part, 'crypto'), messageKey },
    `${wordsOf(part)} is encrypted only together with a storage policy that encrypts. Name the policy, too.`,
  );
}

/** InvalidDeviceSpec (facts/vsphere-encryption.md section 2, "Faults"). */
function badPolicy(part: PartPlan, message: string): VCenterError {
  const messageKey = 'msg.hostd.deviceSpec.enc.badPolicy';
  return new VCenterError({ code: 'INVALID_ARGUMENT', what: argumentOf(part, 'policy'), messageKey }, message);
}

function policyStillEncrypts(part: PartPlan, policy: string): VCenterError {
  return badPolicy(
    part,
    `${wordsOf(part)} has the storage policy ${policy}, which encrypts. To decrypt it, apply one that does not.`,
  );
}

function recryptWithoutPolicy(part: PartPlan): VCenterError {
  return badPolicy(
    part,
    `${wordsOf(part)} is recrypted only with a storage policy that encrypts. Apply one, then try again.`,
  );
}

/** NotSupported (facts/vsphere-encryption.md section 2, "Faults"). */
function policyAlone(part: PartPlan): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: argumentOf(part, 'policy'), messageKey: 'msg.disk.policyChangeFailure' },
    `${wordsOf(part)} would not fit its new storage policy when nothing is done with its keys. Leave the crypto spec out.`,
  );
}

/** InvalidDeviceSpec (rows S07, S31). */
function encryptedDiskOnPlainVm(disk: string): VCenterError {
  return new VCenterError(
    { code: 'ENCRYPTED_DISK_ON_PLAIN_VM', disk, messageKey: 'msg.hostd.configSpec.enc.mismatch' },
    `Disk ${disk} would be encrypted in a VM that is not. Encrypt the VM together with its disks; decrypt its disks first, or together with it.`,
  );
}

/** InvalidPowerState */
function notOff(vm: string, existing: 'poweredOn' | 'suspended'): VCenterError {
  const now = existing === 'suspended' ? 'suspended' : 'powered on';
  return new VCenterError(
    { code: 'INVALID_POWER_STATE', existing },
    `VM ${vm} is ${now}. Power it off first: only a shallow recrypt may be done while it is not off.`,
  );
}
