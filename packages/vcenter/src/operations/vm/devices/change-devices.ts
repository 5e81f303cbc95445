import type { CryptoSpec, DiskAddSpec, VmInfo, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { assert, type CryptoKeyId } from '@vcryptsim/ports';
import type { VmRecord } from '../../../database/schema.js';
import type { ReachedHost } from '../../../inventory/host-connections.js';
import type { AppliedPolicy } from '../../../inventory/vm-record.js';
import type { TaskControl } from '../../../records/tasks.js';
import { noPermission } from '../../needs.js';
import type { Call } from '../../operation.js';
import type { OperationContext } from '../../operation-context.js';
import { hostsForKeys } from '../cluster-keys.js';
import { deliverKeys } from '../deliver-keys.js';
import { KeyChoice } from '../reconfigure/choose-keys.js';
import type { ReconfigVmArguments } from '../reconfigure/plan-reconfigure.js';
import { recordDevicesChanged } from '../reconfigure/record-reconfigure.js';
import { checkDevices } from './check-devices.js';
import { type AddedDisk, planAdded } from './plan-devices.js';

type DeviceCall = Call<'VirtualMachine', ReconfigVmArguments> & TaskControl;

/**
 * Gives a VM disks, takes disks from it, or makes them larger. The keys of encrypted disks that come are brought to the
 * whole cluster first. A disk that goes loses its policy; one that comes has the policy that the call gives it (row S25).
 *
 * @throws VCenterError as {@link checkDevices}, NO_PERMISSION, as {@link deliverKeys}; HypervisorError
 */
export async function changeDevices(
  context: OperationContext,
  call: DeviceCall,
  host: ReachedHost,
  vm: VmRecord,
): Promise<void> {
  const { args, user, via, may } = call;
  const added = await planAdded(context, host.api, vm, args, via);
  const encrypts = added.some(({ isEncrypted }) => isEncrypted);
  if (encrypts && !may('Cryptographer.AddDisk', vm.id)) {
    throw noPermission(context, user, 'Cryptographer.AddDisk', vm.id);
  }
  checkDevices(vm, added, args);
  const specs = await specsOf(context, call, vm, added, encrypts);
  const { removeDisks, growDisks } = args;
  const spec: VmReconfigureSpec = {
    ...(specs.length === 0 ? {} : { addDisks: specs }),
    ...(removeDisks === undefined ? {} : { removeDisks }),
    ...(growDisks === undefined ? {} : { growDisks }),
  };
  const info = await host.api.reconfigureVm(vm.uuid, spec, { signal: call.signal, onProgress: call.progress });
  const came = comersIn(info, vm, args, added);
  await context.watch.look(host, vm.uuid, appliedOf(vm, info, came));
  const crypto = [...came].flatMap(([deviceKey, disk]) => {
    const own = specs[added.indexOf(disk)]?.crypto;
    return own === undefined ? [] : [{ deviceKey, crypto: own }];
  });
  const hasPolicies = added.some(({ policy }) => policy !== null);
  await recordDevicesChanged(context, vm, { disks: crypto }, hasPolicies, user);
}

/** What the host is to add, with keys chosen and brought to the cluster. */
async function specsOf(
  context: OperationContext,
  { may }: DeviceCall,
  vm: VmRecord,
  added: readonly AddedDisk[],
  encrypts: boolean,
): Promise<readonly DiskAddSpec[]> {
  if (!encrypts) return added.map((disk) => specOf(disk, vm.keyId === null ? undefined : { type: 'NoOp' }));
  const hosts = await hostsForKeys(context, vm.host, (each) => may('Cryptographer.RegisterHost', each));
  const choice = new KeyChoice(context);
  const specs: DiskAddSpec[] = [];
  for (const disk of added) specs.push(specOf(disk, await cryptoOf(choice, disk, vm.keyId)));
  await deliverKeys(context, hosts, choice.keys(), vm);
  return specs;
}

async function cryptoOf(choice: KeyChoice, disk: AddedDisk, vmKeyId: CryptoKeyId | null): Promise<CryptoSpec> {
  const { wish, isEncrypted, keyId } = disk;
  if (keyId !== null) choice.take(keyId);
  if ('existing' in wish || !isEncrypted) return { type: 'NoOp' };
  assert(vmKeyId, 'an encrypted disk is added to an encrypted VM');
  const own = wish.crypto?.type === 'Encrypt' ? wish.crypto.cryptoKeyId : undefined;
  // A new disk without a key of its own takes the VM's (settled.md 15) [ours].
  const cryptoKeyId = own === undefined ? choice.take(vmKeyId) : await choice.keyOf(own);
  return { type: 'Encrypt', cryptoKeyId };
}

function specOf({ wish }: AddedDisk, crypto: CryptoSpec | undefined): DiskAddSpec {
  const { policy: _, crypto: own, ...rest } = wish;
  if ('existing' in rest) return own?.type === 'Register' ? { ...rest, crypto: own } : rest;
  return crypto === undefined ? rest : { ...rest, crypto };
}

/** Which disk of the VM each of those is that came: one that was there by its file, the others in their order. */
function comersIn(
  { disks }: VmInfo,
  vm: VmRecord,
  { removeDisks = [] }: ReconfigVmArguments,
  added: readonly AddedDisk[],
): ReadonlyMap<number, AddedDisk> {
  const gone = new Set(removeDisks.map(({ deviceKey }) => deviceKey));
  const stayed = new Set(vm.disks.map(({ deviceKey }) => deviceKey).filter((key) => !gone.has(key)));
  const fresh = disks.filter(({ deviceKey }) => !stayed.has(deviceKey));
  const byFile = new Map(
    added.flatMap((disk) => ('existing' in disk.wish ? [[disk.wish.existing, disk] as const] : [])),
  );
  const made = added.filter(({ wish }) => !('existing' in wish));
  const comers = new Map<number, AddedDisk>();
  for (const { deviceKey, fileName } of fresh) {
    const disk = byFile.get(fileName) ?? made.shift();
    if (disk) comers.set(deviceKey, disk);
  }
  return comers;
}

function appliedOf(
  { parent, product, keysWithheld }: VmRecord,
  { disks }: VmInfo,
  came: ReadonlyMap<number, AddedDisk>,
): AppliedPolicy {
  const policyOf = (deviceKey: number) => {
    const disk = came.get(deviceKey);
    return disk === undefined ? 'kept' : disk.policy;
  };
  const own = { folder: parent, product, keysWithheld, home: 'kept' } as const;
  return { ...own, disks: disks.map(({ deviceKey }) => policyOf(deviceKey)) };
}
