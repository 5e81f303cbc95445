import type { CryptoSpec, DiskCreateSpec, VmCreateSpec } from '@vcryptsim/hypervisor/api';
import { type CryptoKeyId, drawUuid, type MoRef, type SectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { z } from 'zod';
import type { PolicyRecord, VmRecord } from '../../database/schema.js';
import { distinctKeys } from '../../inventory/inventory.js';
import { vmEntity } from '../../records/entity.js';
import { VCenterError } from '../../terms/errors.js';
import { countArgument, keyIdArgument, nameArgument, refArgument, textArgument } from '../arguments.js';
import { onObject, onOtherHosts } from '../needs.js';
import { type Call, taskOperation } from '../operation.js';
import type { OperationContext } from '../operation-context.js';
import { refuseEncryptedAppliance, warnOfEncryptedAppliance } from './appliance.js';
import { hostsForKeys } from './cluster-keys.js';
import { deliverKeys } from './deliver-keys.js';
import { refuseTakenName } from './taken-name.js';

/** A disk to make with a VM. */
export interface NewDisk extends Omit<DiskCreateSpec, 'crypto'> {
  /** Storage policy of this disk alone, by name or ID. */
  readonly policy?: string;
  /** Key of this disk alone. */
  readonly crypto?: CryptoSpec;
}

/** A VM to make. */
export interface CreateVmArguments {
  readonly name: VmName;
  readonly host: MoRef<'HostSystem'>;
  /** Instance UUID; drawn when left out. */
  readonly uuid?: VmUuid;
  /** Name of the host's datastore that takes the VM's folder; default: the host's first. */
  readonly datastore?: string;
  readonly guestId?: string;
  readonly memoryMiB?: number;
  readonly disks: readonly NewDisk[];
  /**
   * Storage policy of the VM home, by name or ID; left out, Datastore Default. By the web client it holds for every disk
   * that has none of its own; by the API each disk has its own or Datastore Default (row S06).
   */
  readonly policy?: string;
  /** An existing key to encrypt with, instead of a new one of the default provider. */
  readonly cryptoKeyId?: CryptoKeyId;
  /** What will run in it: a vCenter Server appliance must not be encrypted (row S18). */
  readonly product?: VmRecord['product'];
}

const cryptoSpec: z.ZodType<CryptoSpec> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Encrypt'), cryptoKeyId: keyIdArgument }),
  z.strictObject({ type: z.literal('NoOp') }),
]);

const newDisk: z.ZodType<NewDisk> = z.strictObject({
  fileName: z.string().optional(),
  capacity: countArgument<SectorCount>(),
  dataUnitSizeBytes: z.union([z.literal(512), z.literal(4096)]).optional(),
  provisioning: z.enum(['eagerZeroedThick', 'lazyZeroedThick', 'thin']).optional(),
  fill: z.enum(['zeros', 'later']).optional(),
  policy: z.string().optional(),
  crypto: cryptoSpec.optional(),
}) as z.ZodType<NewDisk>;

/**
 * CreateVM_Task. An encrypted VM gets a key of the default provider (or the one that was named), which goes to its host
 * and to the other hosts of the cluster before the host makes the VM. The order is the observed one: the VM's key is
 * created, then the host key if there is none; the host key is fetched and used, then the VM's (facts/vim-api.md
 * section 6). A key that was created stays at the key server even if the VM then fails.
 *
 * Its result is the reference of the VM. Refuses with POLICY_NOT_FOUND, INVALID_ARGUMENT, ALREADY_EXISTS,
 * VCENTER_APPLIANCE, NO_DEFAULT_PROVIDER, KEY_GENERATION_FAILED, as {@link Keys.fetch}, KEY_PUSH_FAILED; HypervisorError
 */
export const createVm = taskOperation<'Folder', CreateVmArguments>({
  name: 'CreateVM_Task',
  on: 'Folder',
  verb: 'vm.create',
  about: 'Makes a VM, encrypted when its storage policy encrypts.',
  source: 'facts/vim-api.md section 3; facts/vsphere-rules.md section 11',
  args: z.strictObject({
    name: nameArgument<VmName>(),
    host: refArgument('HostSystem'),
    uuid: textArgument<VmUuid>().optional(),
    datastore: z.string().optional(),
    guestId: z.string().optional(),
    memoryMiB: z.number().optional(),
    disks: z.array(newDisk),
    policy: z.string().optional(),
    cryptoKeyId: keyIdArgument.optional(),
    product: z.enum(['vCenter Server']).nullable().optional(),
  }) as z.ZodType<CreateVmArguments>,
  needs: [
    onObject('Folder', 'VirtualMachine.Inventory.Create'),
    {
      ...onObject('Folder', 'VirtualMachine.Config.AddNewDisk'),
      when: 'it has a disk',
      objects: (_, { object, args }) => (args.disks.length > 0 ? [object.id] : []),
    },
    {
      privilege: 'Datastore.AllocateSpace',
      on: 'the datastore',
      objects: ({ inventory }, { args }) => inventory.datastoresOf(args.host, args.datastore),
      ifMissing: 'NoPermission',
    },
    {
      ...onObject('Folder', 'Cryptographer.EncryptNew'),
      when: 'the VM or a disk is encrypted',
      objects: (context, { object, args }) => (isEncrypted(context, args) ? [object.id] : []),
    },
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'the VM is encrypted and the host is not in encryption mode',
      objects: (context, { args }) =>
        isEncrypted(context, args) && context.inventory.host(args.host).cryptoState !== 'safe' ? [args.host] : [],
      ifMissing: 'NoPermission',
    },
    onOtherHosts('the VM is made'),
  ],
  run: async (context, call) => {
    const { args, object } = call;
    const plan = planOf(context, call);
    refuseTakenName(context, object.id, args.name);
    if (plan.encrypted) refuseEncryptedAppliance(context, { name: args.name, product: args.product ?? null });
    const uuid = args.uuid ?? (drawUuid(context.entropy, 'VM instance UUID') as VmUuid);
    const keyId = await bringKeys(context, call, plan, uuid);
    const host = await context.hosts.reach(args.host);
    const control = { signal: call.signal, onProgress: call.progress };
    await host.api.createVm(specOf(args, plan, uuid, keyId), control);
    const own = { product: args.product ?? null, keysWithheld: false };
    const applied = { folder: object.id, ...own, home: plan.home, disks: plan.disks };
    const vm = await context.watch.look(host, uuid, applied);
    if (!vm) return context.inventory.vmOf(uuid)?.id ?? null;
    await context.eventLog.record({ type: 'vim.event.VmCreatedEvent', entity: vmEntity(vm), user: call.user });
    if (plan.encrypted) await warnOfEncryptedAppliance(context, vm, call.user);
    return vm.id;
  },
});

/** Which policy holds for the VM home and for each disk. */
interface Plan {
  readonly home: PolicyRecord | null;
  readonly disks: readonly (PolicyRecord | null)[];
  /** Whether the home or any disk is encrypted. */
  readonly encrypted: boolean;
}

function planOf(context: OperationContext, { args, via }: Call<'Folder', CreateVmArguments>): Plan {
  const { policies } = context;
  const home = policies.find(args.policy);
  const disks = args.disks.map(({ policy }) =>
    policy === undefined && via === 'client' ? home : policies.find(policy),
  );
  const encrypted = [home, ...disks].some((policy) => policy?.encrypts);
  for (const [index, disk] of args.disks.entries()) {
    if (disk.crypto?.type === 'Encrypt' && !disks[index]?.encrypts) throw badPolicy(`disks.${index}.crypto`);
  }
  if (args.cryptoKeyId && !encrypted) throw keyWithoutPolicy();
  if (encrypted && !home?.encrypts) throw encryptedDiskOnPlainVm();
  return { home, disks, encrypted };
}

function isEncrypted({ policies }: OperationContext, args: CreateVmArguments): boolean {
  return [args.policy, ...args.disks.map(({ policy }) => policy)].some((policy) => policies.find(policy)?.encrypts);
}

/** @returns the KEK of the VM home, or null for a plain VM */
async function bringKeys(
  context: OperationContext,
  { args, may }: Call<'Folder', CreateVmArguments>,
  plan: Plan,
  uuid: VmUuid,
): Promise<CryptoKeyId | null> {
  if (!plan.encrypted) return null;
  const hosts = await hostsForKeys(context, args.host, (host) => may('Cryptographer.RegisterHost', host));
  const made = args.cryptoKeyId ? null : await context.keys.generate(context.providers.default().providerId);
  const keyId = args.cryptoKeyId ?? made;
  const diskKeyIds = args.disks.map(({ crypto }) => (crypto?.type === 'Encrypt' ? crypto.cryptoKeyId : null));
  const keys = { made: distinctKeys([made]), existing: distinctKeys([args.cryptoKeyId ?? null, ...diskKeyIds]) };
  await deliverKeys(context, hosts, keys, { uuid, name: args.name });
  return keyId;
}

/** A VM with an encrypted disk has an encrypted home: the disk's key is sealed into the bundle of the VMX. */
function specOf(args: CreateVmArguments, plan: Plan, uuid: VmUuid, keyId: CryptoKeyId | null): VmCreateSpec {
  const disks = args.disks.map(({ policy: _, crypto, ...disk }, index): DiskCreateSpec => {
    if (crypto) return { ...disk, crypto };
    return keyId !== null && !plan.disks[index]?.encrypts ? { ...disk, crypto: { type: 'NoOp' } } : disk;
  });
  const { name, datastore, guestId, memoryMiB } = args;
  return {
    ...{ name, uuid, disks },
    ...(datastore === undefined ? {} : { datastore }),
    ...(guestId === undefined ? {} : { guestId }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(keyId === null ? {} : { crypto: { type: 'Encrypt', cryptoKeyId: keyId } }),
  };
}

/** encryptForbiddenWithoutEncryptedProfile (facts/vsphere-encryption.md section 11). */
function keyWithoutPolicy(): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'cryptoKeyId', messageKey: 'encryptForbiddenWithoutEncryptedProfile' },
    'A VM is encrypted only together with a storage policy that encrypts. Name the policy beside the key.',
  );
}

/** InvalidDeviceSpec (facts/vsphere-encryption.md section 5, "Disk add rules"). */
function encryptedDiskOnPlainVm(): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what: 'disks', messageKey: 'msg.hostd.configSpec.enc.mismatch' },
    'A disk is encrypted only in a VM whose home is encrypted. Give the VM a storage policy that encrypts, too.',
  );
}

/** InvalidDeviceSpec (facts/vsphere-encryption.md section 4, "Faults"). */
function badPolicy(what: string): VCenterError {
  return new VCenterError(
    { code: 'INVALID_ARGUMENT', what, messageKey: 'msg.hostd.deviceSpec.enc.badPolicy' },
    'A disk takes a key only together with a storage policy that encrypts. Give the disk such a policy.',
  );
}
