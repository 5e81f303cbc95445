import type { DiskGrowSpec, DiskRemoveSpec, RewriteWay } from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId } from '@vcryptsim/ports';
import type { PolicyRecord, VmDiskRecord, VmRecord } from '../../../database/schema.js';
import type { StoragePolicies } from '../../../policies/storage-policies.js';
import type { Caller } from '../../operation.js';
import type { DiskToAdd } from '../devices/disk-wish.js';
import type { CryptoWish } from './crypto-wish.js';

/** What to change of one disk (VirtualDeviceConfigSpec). */
export interface DiskToReconfigure {
  readonly deviceKey: number;
  /** Storage policy of this disk, by name or ID. */
  readonly policy?: string;
  /** What to do with its keys. */
  readonly crypto?: CryptoWish;
}

/** What to change of a VM (VirtualMachineConfigSpec), as far as encryption reads it. */
export interface ReconfigVmArguments {
  /**
   * Storage policy of the VM home, by name or ID. By the web client it holds for every disk that has none of its own in
   * this call, too ("Edit VM Storage Policies"); by the API for the home alone.
   */
  readonly policy?: string;
  /** What to do with the keys of the VM home, and of each disk without a spec of its own where it fits. */
  readonly crypto?: CryptoWish;
  readonly disks?: readonly DiskToReconfigure[];
  /** How data is rewritten; ours. */
  readonly rewrite?: RewriteWay;
  /** Disks that come, go or grow; not together with policies and keys. */
  readonly addDisks?: readonly DiskToAdd[];
  readonly removeDisks?: readonly DiskRemoveSpec[];
  readonly growDisks?: readonly DiskGrowSpec[];
}

/** What becomes of the VM home or of one disk. */
export interface PartPlan {
  /** Device key of the disk; null for the VM home. */
  readonly deviceKey: number | null;
  /** Name of the VM, or file of the disk. */
  readonly name: string;
  /** KEK that it has now; null while it is plain. */
  readonly keyId: CryptoKeyId | null;
  /** Policy that it has now: its ID, or null for Datastore Default. */
  readonly policyNow: VmRecord['policy'];
  /** Policy that it is given; null for Datastore Default; absent where it keeps what it has. */
  readonly policy?: PolicyRecord | null;
  readonly crypto: CryptoWish;
}

/** What becomes of a VM. */
export interface ReconfigurePlan {
  readonly home: PartPlan;
  /** Every disk of the VM, in its order. */
  readonly disks: readonly PartPlan[];
}

const NO_OP: CryptoWish = { type: 'NoOp' };

/**
 * Says what a call means for the VM home and each disk: a policy without a crypto spec encrypts or decrypts whatever does
 * not fit it yet (row S24; settled.md 16). Whether all that may be done, {@link checkPlan} says.
 *
 * @throws VCenterError POLICY_NOT_FOUND
 */
export function planReconfigure(
  policies: StoragePolicies,
  vm: VmRecord,
  args: ReconfigVmArguments,
  via: Caller['via'],
): ReconfigurePlan {
  const homePolicy = args.policy === undefined ? undefined : policies.find(args.policy);
  const home = partOf({ deviceKey: null, name: vm.name, part: vm, policy: homePolicy, own: args.crypto });
  const disks = vm.disks.map((disk) => {
    const wanted = args.disks?.find(({ deviceKey }) => deviceKey === disk.deviceKey);
    const inherited = via === 'client' ? homePolicy : undefined;
    const policy = wanted?.policy === undefined ? inherited : policies.find(wanted.policy);
    const own = wanted?.crypto ?? inheritedCrypto(args.crypto, disk, policy);
    return partOf({ deviceKey: disk.deviceKey, name: disk.fileName, part: disk, policy, own });
  });
  return { home, disks };
}

/** All parts of a plan, the VM home first. */
export function partsOf({ home, disks }: ReconfigurePlan): readonly PartPlan[] {
  return [home, ...disks];
}

/** Whether any part is changed in one of these ways. */
export function doesAny(plan: ReconfigurePlan, ...types: readonly CryptoWish['type'][]): boolean {
  return partsOf(plan).some(({ crypto }) => types.includes(crypto.type));
}

/** Whether a part is encrypted once the plan is carried out. */
export function isEncryptedAfter({ keyId, crypto }: PartPlan): boolean {
  if (crypto.type === 'Encrypt') return true;
  return crypto.type === 'Decrypt' ? false : keyId !== null;
}

function partOf(o: {
  readonly deviceKey: number | null;
  readonly name: string;
  readonly part: Pick<VmDiskRecord, 'keyId' | 'policy'>;
  readonly policy: PolicyRecord | null | undefined;
  readonly own: CryptoWish | undefined;
}): PartPlan {
  const { deviceKey, name, policy } = o;
  const { keyId, policy: policyNow } = o.part;
  const crypto = o.own ?? cryptoOfPolicy(policy, keyId);
  return { deviceKey, name, keyId, policyNow, crypto, ...(policy === undefined ? {} : { policy }) };
}

function cryptoOfPolicy(policy: PolicyRecord | null | undefined, keyId: CryptoKeyId | null): CryptoWish {
  if (policy === undefined || (policy?.encrypts ?? false) === (keyId !== null)) return NO_OP;
  return policy?.encrypts ? { type: 'Encrypt' } : { type: 'Decrypt' };
}

/**
 * What the spec of the VM home means for a disk without one of its own: nothing where it does not fit, so that its policy
 * decides (facts/vsphere-rules.md section 2.2; where it fits is ours).
 */
function inheritedCrypto(
  crypto: CryptoWish | undefined,
  { keyId }: VmDiskRecord,
  policy: PolicyRecord | null | undefined,
): CryptoWish | undefined {
  switch (crypto?.type) {
    case 'Encrypt':
      return keyId === null && policy?.encrypts ? crypto : undefined;
    case 'Decrypt':
    case 'ShallowRecrypt':
    case 'DeepRecrypt':
      return keyId === null ? undefined : crypto;
    case 'Register':
    case 'NoOp':
    case undefined:
      return undefined;
  }
}
