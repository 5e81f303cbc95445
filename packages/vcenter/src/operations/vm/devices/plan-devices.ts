import type { HostApi } from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId } from '@vcryptsim/ports';
import type { PolicyRecord, VmRecord } from '../../../database/schema.js';
import { codeOf } from '../../../terms/errors.js';
import type { Caller } from '../../operation.js';
import type { OperationContext } from '../../operation-context.js';
import type { ReconfigVmArguments } from '../reconfigure/plan-reconfigure.js';
import type { DiskToAdd } from './disk-wish.js';

/** What becomes of a disk that comes. */
export interface AddedDisk {
  readonly wish: DiskToAdd;
  /** Null for Datastore Default. */
  readonly policy: PolicyRecord | null;
  /** KEK of a disk that is there already; null for a plain or a new one. */
  readonly keyId: CryptoKeyId | null;
  /** Whether the disk is encrypted once it is added. */
  readonly isEncrypted: boolean;
}

/** Whether a call speaks of disks that come, go or grow. */
export function changesDevices({ addDisks, removeDisks, growDisks }: ReconfigVmArguments): boolean {
  return [addDisks, removeDisks, growDisks].some((disks) => disks !== undefined && disks.length > 0);
}

/**
 * Says what becomes of the disks that a call adds. Whether a disk that is there already is encrypted, its descriptor says;
 * a new one is where its policy encrypts.
 *
 * @throws VCenterError POLICY_NOT_FOUND; HypervisorError with what is wrong with a descriptor
 */
export async function planAdded(
  { policies }: OperationContext,
  api: Pick<HostApi, 'diskFile'>,
  vm: VmRecord,
  { addDisks = [] }: ReconfigVmArguments,
  via: Caller['via'],
): Promise<readonly AddedDisk[]> {
  const added: AddedDisk[] = [];
  for (const wish of addDisks) {
    if ('existing' in wish) {
      const { keyId } = await api.diskFile(wish.existing);
      added.push({ wish, policy: policies.find(wish.policy), keyId, isEncrypted: keyId !== null });
      continue;
    }
    const named = wish.policy ?? (via === 'client' ? (vm.policy ?? undefined) : undefined);
    const policy = policies.find(named);
    added.push({ wish, policy, keyId: null, isEncrypted: policy?.encrypts ?? false });
  }
  return added;
}

/** Whether a call adds an encrypted disk; of one whose file cannot be read the call itself will say why. */
export async function addsEncrypted(
  context: OperationContext,
  vm: VmRecord,
  args: ReconfigVmArguments,
  via: Caller['via'],
): Promise<boolean> {
  if ((args.addDisks ?? []).length === 0) return false;
  try {
    const { api } = await context.hosts.reach(vm.host);
    return (await planAdded(context, api, vm, args, via)).some(({ isEncrypted }) => isEncrypted);
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return false;
  }
}
