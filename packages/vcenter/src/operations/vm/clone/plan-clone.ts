import type { VmCloneSpec } from '@vcryptsim/hypervisor/api';
import type { MoRef, VmName, VmUuid } from '@vcryptsim/ports';
import type { VmRecord } from '../../../database/schema.js';
import type { StoragePolicies } from '../../../policies/storage-policies.js';
import { sinceOf } from '../../../terms/capabilities.js';
import { VCenterError } from '../../../terms/errors.js';
import { atLeast } from '../../../terms/versions.js';
import type { OperationContext } from '../../operation-context.js';
import { checkPlan } from '../reconfigure/check-plan.js';
import type { CryptoWish } from '../reconfigure/crypto-wish.js';
import { partsOf, planReconfigure, type ReconfigurePlan } from '../reconfigure/plan-reconfigure.js';

/** A copy to make of a VM (CloneSpec, as far as it is served). */
export interface CloneVmArguments {
  readonly name: VmName;
  /** Default: the folder of the source. */
  readonly folder?: MoRef<'Folder'>;
  /** Instance UUID; drawn when left out. */
  readonly uuid?: VmUuid;
  /** Name of the datastore that takes its folder; default: the source's. */
  readonly datastore?: string;
  /** `full` (default) copies the disks; `linked` makes children of what a snapshot froze. */
  readonly kind?: VmCloneSpec['kind'];
  /** Of a linked clone: the snapshot on which it rests, by its ID in the source; default: the current one. */
  readonly snapshot?: number;
  /** Storage policy of home and disks, by name or ID; left out, they have those of the source. */
  readonly policy?: string;
  /** What to do with the keys of home and disks; left out, what the policy says, else nothing. */
  readonly crypto?: CryptoWish;
  /** The form that the disks are to have. */
  readonly provisioning?: VmCloneSpec['provisioning'];
  /** Makes the copy a template. */
  readonly template?: boolean;
}

/**
 * Says what becomes of home and disks of the copy: one policy and one crypto spec for all of them (facts/settled.md 18).
 *
 * @throws VCenterError POLICY_NOT_FOUND
 */
export function planClone(policies: StoragePolicies, source: VmRecord, args: CloneVmArguments): ReconfigurePlan {
  const { policy, crypto } = args;
  const wanted = { ...(policy === undefined ? {} : { policy }), ...(crypto === undefined ? {} : { crypto }) };
  // As "Edit VM Storage Policies" of the web client does it: what is said of the home holds for every disk.
  return planReconfigure(policies, source, wanted, 'client');
}

/**
 * Refuses what may not become of a copy, before a key is made and before the host is asked.
 *
 * @throws VCenterError INVALID_ARGUMENT; as {@link checkPlan}
 */
export function checkClone(
  { policies, version }: OperationContext,
  source: VmRecord,
  plan: ReconfigurePlan,
  { kind }: CloneVmArguments,
): void {
  checkPlan(policies, source, plan, {});
  const changed = partsOf(plan).filter(({ crypto }) => crypto.type !== 'NoOp' && crypto.type !== 'Register');
  if (changed.length === 0) return;
  if (kind === 'linked') throw linkedCloneKeepsKeys(source.name);
  const since = sinceOf('changeKeysInClone');
  if (!atLeast(version, since)) throw keysOfSource(version, since);
  if (plan.home.crypto.type === 'NoOp') throw disksAlone(source.name);
}

/** InvalidArgument: a linked clone reads what its source wrote (facts/vsphere-formats.md Q12). */
function linkedCloneKeepsKeys(vm: string): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'crypto' },
    `A linked clone of VM ${vm} reads the data of ${vm}, so it is neither decrypted nor given other keys. Make a full clone.`,
  );
}

function keysOfSource(version: string, since: string): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'crypto' },
    `vCenter ${version} gives a clone the keys of its source; from ${since} on it may get others. Make the clone, then reconfigure it.`,
  );
}

function disksAlone(vm: string): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'policy' },
    `The home of VM ${vm} fits the storage policy and a disk does not. Home and disks of a clone are changed together: make the clone without a policy, then apply it.`,
  );
}
