import type { Provisioning, VmCloneSpec } from '@vcryptsim/hypervisor/api';
import { drawUuid, type MoRef, type VmName, type VmUuid } from '@vcryptsim/ports';
import { z } from 'zod';
import type { UserName, VmRecord } from '../../database/schema.js';
import type { AppliedPolicy } from '../../inventory/vm-record.js';
import { vmEntity } from '../../records/entity.js';
import { codeOf } from '../../terms/errors.js';
import { nameArgument, refArgument, textArgument } from '../arguments.js';
import { noPermission, onObject, onOtherHosts, vmLocked } from '../needs.js';
import { type Call, type PrivilegeNeed, taskOperation } from '../operation.js';
import type { OperationContext } from '../operation-context.js';
import { refuseEncryptedAppliance, warnOfEncryptedAppliance } from './appliance.js';
import { type CloneVmArguments, checkClone, planClone } from './clone/plan-clone.js';
import { hostsForKeys } from './cluster-keys.js';
import { datastoreIn } from './datastore-in.js';
import { deliverKeys } from './deliver-keys.js';
import { chooseKeys, needsKeys, type PlanWithKeys } from './reconfigure/choose-keys.js';
import { cryptoWish } from './reconfigure/crypto-wish.js';
import { doesAny, type PartPlan, type ReconfigurePlan } from './reconfigure/plan-reconfigure.js';
import { recordKeysChanged } from './reconfigure/record-reconfigure.js';
import { refuseTakenName } from './taken-name.js';

type CloneCall = Call<'VirtualMachine', CloneVmArguments>;

/** Privileges on the source by what becomes of the keys of the copy (facts/vsphere-formats.md Q12, "Clones"). */
const BY_CHANGE = [
  { privilege: 'Cryptographer.Decrypt', types: ['Decrypt'], when: 'the copy is decrypted' },
  { privilege: 'Cryptographer.Encrypt', types: ['Encrypt'], when: 'the copy is encrypted and the VM is not' },
  { privilege: 'Cryptographer.Recrypt', types: ['ShallowRecrypt', 'DeepRecrypt'], when: 'the copy gets other keys' },
] as const;

function needOf({
  privilege,
  types,
  when,
}: (typeof BY_CHANGE)[number]): PrivilegeNeed<'VirtualMachine', CloneVmArguments> {
  return {
    ...onObject('VirtualMachine', privilege),
    when,
    objects: ({ policies }, { object, args }) =>
      doesAny(planClone(policies, object, args), ...types) ? [object.id] : [],
  };
}

const folderOf = ({ object, args }: Pick<CloneCall, 'object' | 'args'>) => args.folder ?? object.parent;

/**
 * CloneVM_Task: makes a copy of a VM on its host. Without a policy or keys of its own the copy has those of its source, KEK
 * and DEK; in the same step its policy and its keys may be changed (row S43), though never those of a linked clone, which
 * reads the data of its source. Where the disks cannot have the form that was asked for, they keep the old one, and an event
 * says so (row S23).
 *
 * Its result is the reference of the copy. Refuses with ALREADY_EXISTS, POLICY_NOT_FOUND, as {@link checkClone},
 * VCENTER_APPLIANCE, as {@link chooseKeys} and {@link deliverKeys}; HypervisorError, after which nothing of the copy is left
 */
export const cloneVm = taskOperation<'VirtualMachine', CloneVmArguments>({
  name: 'CloneVM_Task',
  on: 'VirtualMachine',
  verb: 'vm.clone',
  about: 'Makes a copy of a VM, with the same keys unless others are asked for.',
  source: 'facts/vim-api.md section 3; facts/vsphere-formats.md Q12; facts/vsphere-rules.md sections 5.1 and 11',
  args: z.strictObject({
    name: nameArgument<VmName>(),
    folder: refArgument('Folder').optional(),
    uuid: textArgument<VmUuid>().optional(),
    datastore: z.string().optional(),
    kind: z.enum(['full', 'linked']).optional(),
    snapshot: z.number().int().nonnegative().optional(),
    policy: z.string().optional(),
    crypto: cryptoWish.optional(),
    provisioning: z.enum(['eagerZeroedThick', 'lazyZeroedThick', 'thin'] satisfies Provisioning[]).optional(),
    template: z.boolean().optional(),
  }) as z.ZodType<CloneVmArguments>,
  needs: [
    {
      privilege: 'VirtualMachine.Inventory.CreateFromExisting',
      on: 'the folder',
      objects: (_, call) => [folderOf(call)],
      ifMissing: 'NoPermission',
    },
    onObject('VirtualMachine', 'VirtualMachine.Provisioning.Clone'),
    {
      privilege: 'Datastore.AllocateSpace',
      on: 'the datastore',
      objects: ({ inventory }, { object, args }) =>
        inventory.datastoresOf(object.host, args.datastore ?? datastoreIn(object.vmxPath)),
      ifMissing: 'NoPermission',
    },
    {
      ...onObject('VirtualMachine', 'Cryptographer.Clone'),
      when: 'the VM is encrypted',
      objects: (_, { object }) => (object.keyId === null ? [] : [object.id]),
    },
    ...BY_CHANGE.map(needOf),
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'keys are brought and the host is not in encryption mode',
      objects: ({ policies, inventory }, { object, args }) =>
        needsKeys(planClone(policies, object, args)) && inventory.host(object.host).cryptoState !== 'safe'
          ? [object.host]
          : [],
      ifMissing: 'NoPermission',
    },
    onOtherHosts('the copy is made'),
  ],
  whileLocked: 'refused',
  run: async (context, call) => {
    const { args, user } = call;
    const host = await context.hosts.reach(call.object.host);
    await context.watch.look(host, call.object.uuid);
    const vm = context.inventory.vm(call.object.id);
    if (vm.cryptoState === 'locked') throw vmLocked(vm, 'CloneVM_Task');
    const plan = planClone(context.policies, vm, args);
    refuseWithout(context, call, plan);
    checkClone(context, vm, plan, args);
    const folder = folderOf({ object: vm, args });
    refuseTakenName(context, folder, args.name);
    if (doesAny(plan, 'Encrypt')) refuseEncryptedAppliance(context, { name: args.name, product: vm.product });
    const uuid = args.uuid ?? (drawUuid(context.entropy, 'VM instance UUID') as VmUuid);
    const { spec } = await bringKeys(context, call, plan, uuid);
    await context.eventLog.record({ type: 'vim.event.VmBeingClonedEvent', entity: vmEntity(vm), user });
    const wanted = specOf(args, uuid, spec.crypto);
    const control = { signal: call.signal, onProgress: call.progress };
    const { keptFormat } = await host.api.cloneVm(vm.uuid, wanted, control).catch(async (error: unknown) => {
      if (codeOf(error) !== null) await recordFailed(context, vm, user);
      throw error;
    });
    await context.watch.look(host, uuid, appliedOf(vm, folder, plan));
    const copy = context.inventory.vmOf(uuid);
    if (!copy) return null;
    await recordCloned(context, vm, copy, keptFormat, user);
    await recordKeysChanged(context, copy, spec, user);
    if (doesAny(plan, 'Encrypt')) await warnOfEncryptedAppliance(context, copy, user);
    return copy.id;
  },
});

/** The VM may have been changed since the door looked, by a task that came first. @throws VCenterError NO_PERMISSION */
function refuseWithout(
  context: OperationContext,
  { object: { id }, user, may }: CloneCall,
  plan: ReconfigurePlan,
): void {
  for (const { privilege, types } of BY_CHANGE) {
    if (doesAny(plan, ...types) && !may(privilege, id)) throw noPermission(context, user, privilege, id);
  }
  if (plan.home.keyId !== null && !may('Cryptographer.Clone', id)) {
    throw noPermission(context, user, 'Cryptographer.Clone', id);
  }
}

/** Keys that the copy is to have and its source does not; those of the source are on the host. */
async function bringKeys(
  context: OperationContext,
  { args, object, may }: CloneCall,
  plan: ReconfigurePlan,
  uuid: VmUuid,
): Promise<PlanWithKeys> {
  if (!needsKeys(plan)) return chooseKeys(context, plan);
  const hosts = await hostsForKeys(context, object.host, (each) => may('Cryptographer.RegisterHost', each));
  const chosen = await chooseKeys(context, plan);
  await deliverKeys(context, hosts, chosen.keys, { uuid, name: args.name });
  return chosen;
}

function specOf(args: CloneVmArguments, uuid: VmUuid, crypto: VmCloneSpec['crypto']): VmCloneSpec {
  const { name, datastore, kind, snapshot, provisioning, template } = args;
  return {
    ...{ name, uuid },
    ...(datastore === undefined ? {} : { datastore }),
    ...(kind === undefined ? {} : { kind }),
    ...(snapshot === undefined ? {} : { snapshotId: snapshot }),
    ...(provisioning === undefined ? {} : { provisioning }),
    ...(template === undefined ? {} : { template }),
    ...(crypto === undefined || crypto.type === 'NoOp' ? {} : { crypto }),
  };
}

/** The policies that were asked for; else those of the source, as they were applied there. */
function appliedOf(vm: VmRecord, folder: MoRef<'Folder'>, { home, disks }: ReconfigurePlan): AppliedPolicy {
  const policyOf = (part: PartPlan, source: Pick<VmRecord, 'policy' | 'policyGeneration'> | undefined) =>
    part.policy === undefined ? { copied: source ?? { policy: null, policyGeneration: 0 } } : part.policy;
  return {
    ...{ folder, product: vm.product, keysWithheld: false },
    home: policyOf(home, vm),
    disks: disks.map((disk, index) => policyOf(disk, vm.disks[index])),
  };
}

async function recordFailed({ eventLog }: OperationContext, vm: VmRecord, user: UserName): Promise<void> {
  await eventLog.record({ type: 'vim.event.VmCloneFailedEvent', entity: vmEntity(vm), user });
}

async function recordCloned(
  { eventLog }: OperationContext,
  source: VmRecord,
  copy: VmRecord,
  keptFormat: readonly number[],
  user: UserName,
): Promise<void> {
  const entity = vmEntity(copy);
  const values = { sourceVm: source.name };
  await eventLog.record({ type: 'vim.event.VmClonedEvent', entity, user, arguments: values, detail: source.name });
  if (keptFormat.length === 0) return;
  const disks = keptFormat.map((key) => `disk ${key}`).join(', ');
  const kept = { type: 'vcryptsim.DiskFormatKeptEvent', arguments: { disks }, detail: disks } as const;
  await eventLog.record({ ...kept, entity, user });
}
