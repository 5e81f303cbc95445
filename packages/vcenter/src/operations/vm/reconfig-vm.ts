import type { VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { z } from 'zod';
import type { Privilege } from '../../access/privileges.js';
import type { VmRecord } from '../../database/schema.js';
import type { ReachedHost } from '../../inventory/host-connections.js';
import type { AppliedPolicy } from '../../inventory/vm-record.js';
import type { TaskControl } from '../../records/tasks.js';
import { codeOf } from '../../terms/errors.js';
import { noPermission, onObject, onOtherHosts, vmLocked } from '../needs.js';
import { type Call, type PrivilegeNeed, taskOperation } from '../operation.js';
import type { OperationContext } from '../operation-context.js';
import { refuseEncryptedAppliance, warnOfEncryptedAppliance } from './appliance.js';
import { hostsForKeys } from './cluster-keys.js';
import { datastoreIn } from './datastore-in.js';
import { deliverKeys } from './deliver-keys.js';
import { changeDevices } from './devices/change-devices.js';
import { deviceArguments } from './devices/disk-wish.js';
import { addsEncrypted, changesDevices } from './devices/plan-devices.js';
import { checkPlan } from './reconfigure/check-plan.js';
import { chooseKeys, needsKeys, type PlanWithKeys } from './reconfigure/choose-keys.js';
import { cryptoWish } from './reconfigure/crypto-wish.js';
import {
  doesAny,
  type PartPlan,
  partsOf,
  planReconfigure,
  type ReconfigurePlan,
  type ReconfigVmArguments,
} from './reconfigure/plan-reconfigure.js';
import { recordFailed, recordReconfigured } from './reconfigure/record-reconfigure.js';
import { recordMixedKeys } from './snapshots/on-host.js';
import { refuseWithSnapshots } from './snapshots/refuse-with-snapshots.js';

type ReconfigCall = Call<'VirtualMachine', ReconfigVmArguments>;

/** Privileges on the VM by what becomes of its keys. */
const BY_CHANGE = [
  { privilege: 'Cryptographer.Decrypt', types: ['Decrypt'], when: 'the VM or a disk is decrypted' },
  { privilege: 'Cryptographer.Encrypt', types: ['Encrypt'], when: 'the VM or a disk is encrypted' },
  {
    privilege: 'Cryptographer.Recrypt',
    types: ['ShallowRecrypt', 'DeepRecrypt'],
    when: 'the VM or a disk is recrypted',
  },
  { privilege: 'Cryptographer.RegisterVM', types: ['Register'], when: 'keys are sent and nothing is changed' },
] as const;

function needOf({
  privilege,
  types,
  when,
}: (typeof BY_CHANGE)[number]): PrivilegeNeed<'VirtualMachine', ReconfigVmArguments> {
  return {
    ...onObject('VirtualMachine', privilege),
    when,
    objects: (context, call) => (doesAny(planOf(context, call), ...types) ? [call.object.id] : []),
  };
}

/** A privilege on the VM that a change of its disks needs. */
function forDisks(
  privilege: Privilege,
  when: string,
  isGiven: (args: ReconfigVmArguments) => boolean,
): PrivilegeNeed<'VirtualMachine', ReconfigVmArguments> {
  const objects: PrivilegeNeed<'VirtualMachine', ReconfigVmArguments>['objects'] = (_, { object, args }) =>
    isGiven(args) ? [object.id] : [];
  return { ...onObject('VirtualMachine', privilege), when, objects };
}

/**
 * ReconfigVM_Task: applies storage policies to a VM home and its disks, and encrypts, decrypts or recrypts them. New keys
 * are made first and brought to the VM's host and its cluster; then the host changes the files; then vCenter notes the
 * policies. A key that was made stays at the key server even if the host then refuses. Or it gives the VM disks, takes
 * disks from it, or makes them larger, see {@link changeDevices}.
 *
 * Refuses with POLICY_NOT_FOUND, as {@link checkPlan}, VCENTER_APPLIANCE, as {@link chooseKeys} and {@link deliverKeys};
 * HypervisorError such as NO_SPACE, after which files and policies are as they were
 */
export const reconfigVm = taskOperation<'VirtualMachine', ReconfigVmArguments>({
  name: 'ReconfigVM_Task',
  on: 'VirtualMachine',
  verb: 'vm.reconfigure',
  about:
    'Applies storage policies to a VM and its disks, encrypts, decrypts or recrypts them; or adds, removes or grows disks.',
  source: 'facts/vim-api.md section 3; facts/vsphere-rules.md sections 2 and 11',
  args: z.strictObject({
    policy: z.string().optional(),
    crypto: cryptoWish.optional(),
    disks: z
      .array(
        z.strictObject({
          deviceKey: z.number().int().nonnegative(),
          policy: z.string().optional(),
          crypto: cryptoWish.optional(),
        }),
      )
      .optional(),
    rewrite: z.enum(['beside', 'inPlace']).optional(),
    ...deviceArguments,
  }) as z.ZodType<ReconfigVmArguments>,
  needs: [
    forDisks('VirtualMachine.Config.AddNewDisk', 'a new disk is added', ({ addDisks = [] }) =>
      addDisks.some((disk) => !('existing' in disk)),
    ),
    forDisks('VirtualMachine.Config.AddExistingDisk', 'a disk that is there is added', ({ addDisks = [] }) =>
      addDisks.some((disk) => 'existing' in disk),
    ),
    forDisks('VirtualMachine.Config.RemoveDisk', 'a disk is removed', ({ removeDisks = [] }) => removeDisks.length > 0),
    forDisks('VirtualMachine.Config.DiskExtend', 'a disk grows', ({ growDisks = [] }) => growDisks.length > 0),
    onObject('VirtualMachine', 'VirtualMachine.Config.Settings'),
    {
      ...onObject('VirtualMachine', 'VirtualMachine.Config.EditDevice'),
      when: 'a disk is named',
      objects: (_, { object, args }) => ((args.disks ?? []).length > 0 ? [object.id] : []),
    },
    {
      privilege: 'Datastore.AllocateSpace',
      on: 'the datastore',
      when: 'a new disk is added, or a disk grows',
      objects: ({ inventory }, { object, args: { addDisks = [], growDisks = [] } }) =>
        growDisks.length > 0 || addDisks.some((disk) => !('existing' in disk))
          ? inventory.datastoresOf(object.host, datastoreIn(object.vmxPath))
          : [],
      ifMissing: 'NoPermission',
    },
    {
      ...onObject('VirtualMachine', 'Cryptographer.AddDisk'),
      when: 'an encrypted disk is added',
      objects: async (context, { object, args, via }) =>
        (await addsEncrypted(context, object, args, via)) ? [object.id] : [],
    },
    ...BY_CHANGE.filter(({ types }) => types[0] !== 'Register').map(needOf),
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'keys are brought and the host is not in encryption mode',
      objects: async (context, call) => {
        const { object, args, via } = call;
        if (context.inventory.host(object.host).cryptoState === 'safe') return [];
        const isNeeded = needsKeys(planOf(context, call)) || (await addsEncrypted(context, object, args, via));
        return isNeeded ? [object.host] : [];
      },
      ifMissing: 'NoPermission',
    },
    onOtherHosts('the VM is changed'),
    ...BY_CHANGE.filter(({ types }) => types[0] === 'Register').map(needOf),
  ],
  whileLocked: 'refused',
  run: async (context, call) => {
    const { args, user, via } = call;
    const host = await context.hosts.reach(call.object.host);
    await context.watch.look(host, call.object.uuid);
    const vm = context.inventory.vm(call.object.id);
    if (vm.cryptoState === 'locked') throw vmLocked(vm, 'ReconfigVM_Task');
    if (changesDevices(args)) {
      await changeDevices(context, call, host, vm);
      return null;
    }
    const plan = planReconfigure(context.policies, vm, args, via);
    refuseWithout(context, call, plan);
    checkPlan(context.policies, vm, plan, args);
    await refuseWithSnapshots(host, vm, plan);
    if (doesAny(plan, 'Encrypt')) refuseEncryptedAppliance(context, vm);
    const { spec } = await bringKeys(context, call, vm, plan);
    if (changesKeys(plan)) await change(context, call, host, vm, plan, spec);
    await context.watch.look(host, vm.uuid, appliedOf(vm, plan));
    await recordReconfigured(context, vm, plan, spec, user);
    if (doesAny(plan, 'Encrypt')) await warnOfEncryptedAppliance(context, vm, user);
    return null;
  },
});

/** What the call means for the VM as vCenter knows it. */
function planOf(
  { policies }: OperationContext,
  { object, args, via }: Pick<ReconfigCall, 'object' | 'args' | 'via'>,
): ReconfigurePlan {
  return planReconfigure(policies, object, args, via);
}

/** The VM may have been changed since the door looked, by a task that came first. @throws VCenterError NO_PERMISSION */
function refuseWithout(
  context: OperationContext,
  { object: { id }, user, may }: ReconfigCall,
  plan: ReconfigurePlan,
): void {
  for (const { privilege, types } of BY_CHANGE) {
    if (doesAny(plan, ...types) && !may(privilege, id)) throw noPermission(context, user, privilege, id);
  }
}

async function bringKeys(
  context: OperationContext,
  { may }: ReconfigCall,
  vm: VmRecord,
  plan: ReconfigurePlan,
): Promise<PlanWithKeys> {
  if (!needsKeys(plan)) return chooseKeys(context, plan);
  const hosts = await hostsForKeys(context, vm.host, (each) => may('Cryptographer.RegisterHost', each));
  const chosen = await chooseKeys(context, plan);
  await deliverKeys(context, hosts, chosen.keys, vm);
  return chosen;
}

function changesKeys(plan: ReconfigurePlan): boolean {
  return partsOf(plan).some(({ crypto }) => crypto.type !== 'NoOp');
}

async function change(
  context: OperationContext,
  { args, user, signal, progress }: ReconfigCall & TaskControl,
  host: ReachedHost,
  vm: VmRecord,
  plan: ReconfigurePlan,
  spec: VmReconfigureSpec,
): Promise<void> {
  const whole = { ...spec, ...(args.rewrite === undefined ? {} : { rewrite: args.rewrite }) };
  try {
    await host.api.reconfigureVm(vm.uuid, whole, { signal, onProgress: progress });
  } catch (error) {
    await lookAgain(context, host, vm);
    await recordFailed(context, vm, plan, codeOf(error), user);
    if (codeOf(error) === 'MIXED_KEYS') await recordMixedKeys(context, vm, user, error);
    throw error;
  }
}

/** An answer may be lost after the change was made: what the files say holds. A host that is gone is looked at when it is back. */
async function lookAgain({ watch }: OperationContext, host: ReachedHost, { uuid }: VmRecord): Promise<void> {
  try {
    await watch.look(host, uuid);
  } catch (error) {
    if (codeOf(error) === null) throw error;
  }
}

/** The policies that the call gave; what it did not name stays. */
function appliedOf({ parent, product, keysWithheld }: VmRecord, { home, disks }: ReconfigurePlan): AppliedPolicy {
  const policyOf = ({ policy }: PartPlan) => (policy === undefined ? 'kept' : policy);
  return { folder: parent, product, keysWithheld, home: policyOf(home), disks: disks.map(policyOf) };
}
