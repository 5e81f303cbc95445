// The situations of operations on folders, datacenters, clusters, hosts and VMs.
import { type HostName, type MoRef, sectorCount, type VmName } from '@vcryptsim/ports';
import { DATASTORE_DEFAULT, ROOT_FOLDER } from '@vcryptsim/vcenter';
import { reconfigVm } from '@vcryptsim/vcenter/catalogue';
import { expect } from 'vitest';
import { as } from './as-user.js';
import { CLUSTER, ESX_1, ESX_2 } from './lab.js';
import { ESX_3, type PrivilegeWorld } from './privilege-world.js';
import type { Called, Effect, NeedName, Situation, Situations } from './situation.js';

const NO_HOSTS = { hosts: [] };
const ONE_HOST = { hosts: [ESX_1] };
const POLICY = 'VM Encryption Policy';
const DISK = { capacity: sectorCount(256) };
export const ON_HOST = 'Cryptographer.RegisterHost on the host';
export const ON_OTHER_HOST = 'Cryptographer.RegisterHost on another host of the cluster';
const secondHost = (world: PrivilegeWorld) => world.host(ESX_2);

/** A call that makes something in a folder. */
function makes(privilege: NeedName, folder: (world: PrivilegeWorld) => MoRef): Situation {
  const call = async (world: PrivilegeWorld): Promise<Called> => ({ object: folder(world), args: { name: 'new' } });
  return { ...NO_HOSTS, call, refused: { [privilege]: 'object' as const } };
}

function newVm(world: PrivilegeWorld, more: object): Called {
  const args = { name: 'new' as VmName, host: world.host(ESX_1), disks: [DISK], ...more };
  return { object: world.admin.vmFolder, args };
}

const about = (object: MoRef): Called => ({ object, args: {} });
const theVm = (world: PrivilegeWorld) => world.vcenter.vms().at(-1)!;

const SETTINGS = { 'VirtualMachine.Config.Settings on the VM': 'object' } as const;
const homeAndDisk = (policy: string) => ({ policy, disks: [{ deviceKey: 2000, policy }] });
const keysOfVm = (world: PrivilegeWorld) => [theVm(world), ...theVm(world).disks].map(({ keyId }) => keyId);

/** Keys that a host has, for VMs and for itself. */
async function keysOn(world: PrivilegeWorld, host: HostName): Promise<readonly string[]> {
  return (await (await world.api(host)).listKeys()).map(({ keyId }) => keyId);
}

/** The third host is not in encryption mode and has no key, as it is and as vCenter knows it. */
async function expectDisabled(world: PrivilegeWorld): Promise<void> {
  const api = await world.api(ESX_3);
  expect(await api.runtime()).toMatchObject({ cryptoState: 'incapable', cryptoKeyId: null });
  expect(await api.listKeys()).toEqual([]);
  expect(world.vcenter.host(world.host(ESX_3))).toMatchObject({ cryptoState: 'incapable', requiresEncryption: false });
}

/** It is done, the hosts in encryption mode have the key, and the third stays disabled, also after remediations. */
export const thirdStaysDisabled: Effect = async (world, attempt) => {
  expect(await attempt()).toMatchObject({ error: null, state: 'success' });
  const { keyId, cryptoState } = theVm(world);
  expect(cryptoState).toBe('unlocked');
  for (const host of [ESX_1, ESX_2]) expect(await keysOn(world, host)).toContain(keyId?.keyId);
  await expectDisabled(world);
  await world.waitForRemediation();
  await expectDisabled(world);
};

/** Two hosts in encryption mode with a VM's key, and a third that nobody with the privilege brought there. */
export const twoOfThree = (world: PrivilegeWorld) => world.encryptedVm([ESX_3]);

/** The same, and the first host has lost what it had in memory: the VM is locked. */
async function lockedInCluster(world: PrivilegeWorld): Promise<MoRef<'VirtualMachine'>> {
  const vm = world.vm(await twoOfThree(world));
  await world.rebootWithoutKeys(ESX_1);
  expect(theVm(world).cryptoState).toBe('locked');
  return vm;
}

/** Files of an encrypted VM that is registered nowhere. @returns the path of its VMX */
async function filesOfVm(world: PrivilegeWorld, without: readonly HostName[] = []): Promise<string> {
  const uuid = await world.encryptedVm(without);
  const { vmxPath } = theVm(world);
  await world.admin.unregisterVm(uuid);
  return vmxPath;
}

/** The same, and a second host, not yet in the inventory, that has the VM. */
async function strangerWithVm(world: PrivilegeWorld): Promise<MoRef<'ClusterComputeResource'>> {
  const vmxPath = await filesOfVm(world);
  await (await world.hosts.boot(ESX_2)).registerVm(vmxPath);
  return world.admin.addCluster('cluster-2');
}

/** The same files, and a second host in a cluster of its own that was never in encryption mode. */
async function secondCluster(world: PrivilegeWorld): Promise<Called> {
  const vmxPath = await filesOfVm(world);
  await world.admin.addCluster('cluster-2');
  await world.hosts.boot(ESX_2);
  await world.admin.addHost({ name: ESX_2, cluster: 'cluster-2' });
  return { object: world.admin.vmFolder, args: { host: world.host(ESX_2), vmxPath } };
}

/** A VM that is locked on a host that was never in encryption mode: it was registered by somebody who may not bring it there. */
async function lockedOnNewHost(world: PrivilegeWorld): Promise<Called> {
  const { args } = await secondCluster(world);
  const user = await world.lacking(['Cryptographer.RegisterHost']);
  await as(world.vcenter, user).registerVm({ host: ESX_2, vmxPath: (args as { vmxPath: string }).vmxPath });
  expect(theVm(world)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
  return about(theVm(world).id);
}

const isUnlocked = (world: PrivilegeWorld) =>
  expect(theVm(world)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
const isLocked = (world: PrivilegeWorld) =>
  expect(theVm(world)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });

/** The VM is in the inventory, locked, and stays so until somebody who may unlocks it. */
const staysLocked: Effect = async (world, attempt) => {
  expect(await attempt()).toMatchObject({ error: null, state: 'success' });
  isLocked(world);
  await world.waitForRemediation();
  isLocked(world);
  expect((await world.admin.unlockVm(theVm(world).uuid)).error).toBeNull();
  isUnlocked(world);
};

/** A VM that is not locked, with a disk whose own key the host has lost. */
async function diskKeyLost(world: PrivilegeWorld): Promise<Called> {
  const cryptoKeyId = await world.admin.cryptoManager.generateKey();
  const own = { ...DISK, crypto: { type: 'Encrypt' as const, cryptoKeyId } };
  await world.admin.createVm({ name: 'payroll' as VmName, host: ESX_1, policy: POLICY, disks: [DISK, own] });
  await (await world.api(ESX_1)).removeKeys([cryptoKeyId], true);
  return about(theVm(world).id);
}

const doesNotStart: Effect = async (world, attempt) => {
  const keys = await keysOn(world, ESX_1);
  expect(await attempt()).toMatchObject({ state: 'error', error: { code: 'DISK_KEY_MISSING' } });
  expect(await keysOn(world, ESX_1)).toEqual(keys);
  expect(theVm(world)).toMatchObject({ powerState: 'poweredOff', cryptoState: 'unlocked' });
};

/** An encrypted VM, and an encrypted disk in its folder that no VM has. */
async function detachedDisk(world: PrivilegeWorld): Promise<Called> {
  const object = world.vm(await world.encryptedVm());
  const { fileName } = theVm(world).disks[0]!;
  await world.admin.session.run(reconfigVm, object, { removeDisks: [{ deviceKey: 2000 }] });
  return { object, args: { addDisks: [{ existing: fileName }] } };
}

export const MACHINE_SITUATIONS: Situations = new Map<string, readonly Situation[]>([
  ['CreateClusterEx', [makes('Host.Inventory.CreateCluster on the folder', (world) => world.hostFolder)]],
  ['CreateDatacenter', [makes('Datacenter.Create on the folder', () => ROOT_FOLDER)]],
  ['CreateFolder', [makes('Folder.Create on the folder', (world) => world.admin.vmFolder)]],
  [
    'AddHost_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          await world.encryptedVm();
          await world.hosts.boot(ESX_2);
          return { object: world.admin.cluster(CLUSTER), args: { name: ESX_2 } };
        },
        refused: {
          'Host.Inventory.AddHostToCluster on the cluster': 'object',
          'Cryptographer.RegisterHost on the cluster': 'object',
        },
        passed: async (world) => expect(await keysOn(world, ESX_2)).toEqual(await keysOn(world, ESX_1)),
      },
      {
        ...ONE_HOST,
        call: async (world) => ({ object: await strangerWithVm(world), args: { name: ESX_2 } }),
        refused: {
          'Host.Inventory.AddHostToCluster on the cluster': 'object',
          'Cryptographer.RegisterHost on the cluster': 'object',
        },
        passed: isUnlocked,
      },
      {
        ...ONE_HOST,
        call: async (world) => {
          await world.hosts.boot(ESX_2);
          return { object: world.admin.cluster(CLUSTER), args: { name: ESX_2 } };
        },
        spared: ['Cryptographer.RegisterHost on the cluster'],
      },
    ],
  ],
  [
    'AddStandaloneHost_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          await strangerWithVm(world);
          return { object: world.hostFolder, args: { name: ESX_2 } };
        },
        refused: {
          'Host.Inventory.AddStandaloneHost on the folder': 'object',
          'Cryptographer.RegisterHost on the folder': 'object',
        },
        passed: isUnlocked,
      },
      {
        ...ONE_HOST,
        call: async (world) => {
          await world.hosts.boot(ESX_2);
          return { object: world.hostFolder, args: { name: ESX_2 } };
        },
        spared: ['Cryptographer.RegisterHost on the folder'],
      },
    ],
  ],
  [
    'ReconnectHost_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          await world.encryptedVm();
          await world.rebootWithoutKeys(ESX_1);
          return about(world.host(ESX_1));
        },
        refused: { 'Host.Config.Connection on the host': 'object', [ON_HOST]: 'object' },
        passed: isUnlocked,
      },
      { ...ONE_HOST, call: async (world) => about(world.host(ESX_1)), spared: [ON_HOST] },
    ],
  ],
  [
    'CreateVM_Task',
    [
      {
        call: async (world) => newVm(world, { policy: POLICY }),
        refused: {
          'VirtualMachine.Inventory.Create on the folder': 'object',
          'VirtualMachine.Config.AddNewDisk on the folder': 'object',
          'Datastore.AllocateSpace on the datastore': ({ vcenter }) => vcenter.datastores()[0]!.id,
          'Cryptographer.EncryptNew on the folder': 'object',
          [ON_HOST]: (world) => world.host(ESX_1),
        },
        passed: async (world) => {
          for (const host of [ESX_1, ESX_2, ESX_3]) expect(await keysOn(world, host)).toHaveLength(2);
        },
      },
      {
        ...ONE_HOST,
        call: async (world) => newVm(world, { datastore: 'ds2' }),
        refused: {
          'VirtualMachine.Inventory.Create on the folder': 'object',
          'VirtualMachine.Config.AddNewDisk on the folder': 'object',
          'Datastore.AllocateSpace on the datastore': ({ vcenter }) => vcenter.datastores()[1]!.id,
        },
        spared: ['Cryptographer.EncryptNew on the folder', ON_HOST],
      },
      {
        call: async (world) => newVm(world, { disks: [] }),
        spared: ['VirtualMachine.Config.AddNewDisk on the folder', 'Cryptographer.EncryptNew on the folder', ON_HOST],
      },
      {
        call: async (world) => {
          await twoOfThree(world);
          return newVm(world, { policy: POLICY });
        },
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
        spared: [ON_HOST],
      },
    ],
  ],
  [
    'CryptoUnlock_Task',
    [
      {
        ...ONE_HOST,
        call: lockedOnNewHost,
        refused: { 'Cryptographer.RegisterVM on the VM': 'object', [ON_HOST]: secondHost },
        passed: isUnlocked,
      },
      {
        call: async (world) => about(await lockedInCluster(world)),
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
        spared: [ON_HOST],
      },
    ],
  ],
  [
    'ExportVm',
    [
      {
        ...ONE_HOST,
        call: async (world) => about(world.vm(await world.plainVm())),
        refused: { 'VApp.Export on the VM': 'object' },
      },
    ],
  ],
  [
    'PowerOffVM_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          const uuid = await world.plainVm();
          await world.admin.powerOnVm(uuid);
          return about(world.vm(uuid));
        },
        refused: { 'VirtualMachine.Interact.PowerOff on the VM': 'object' },
      },
    ],
  ],
  [
    'PowerOnVM_Task',
    [
      {
        ...ONE_HOST,
        call: lockedOnNewHost,
        refused: {
          'VirtualMachine.Interact.PowerOn on the VM': 'object',
          'Cryptographer.RegisterVM on the VM': 'object',
          [ON_HOST]: secondHost,
        },
        passed: (world) => expect(theVm(world)).toMatchObject({ powerState: 'poweredOn', cryptoState: 'unlocked' }),
      },
      {
        ...ONE_HOST,
        call: async (world) => about(world.vm(await world.encryptedVm())),
        spared: ['Cryptographer.RegisterVM on the VM', ON_HOST],
      },
      {
        call: async (world) => about(await lockedInCluster(world)),
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
      },
      { ...ONE_HOST, call: diskKeyLost, effects: { 'Cryptographer.RegisterVM on the VM': doesNotStart } },
    ],
  ],
  [
    'ReconfigVM_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => ({ object: world.vm(await world.plainVm()), args: homeAndDisk(POLICY) }),
        refused: {
          'VirtualMachine.Config.Settings on the VM': 'object',
          'VirtualMachine.Config.EditDevice on the VM': 'object',
          'Cryptographer.Encrypt on the VM': 'object',
          [ON_HOST]: (world) => world.host(ESX_1),
        },
        spared: ['Cryptographer.Decrypt on the VM', 'Cryptographer.Recrypt on the VM'],
        passed: (world) => expect(keysOfVm(world)).toEqual([theVm(world).keyId, theVm(world).keyId]),
      },
      {
        ...ONE_HOST,
        call: async (world) => ({
          object: world.vm(await world.encryptedVm()),
          args: homeAndDisk(DATASTORE_DEFAULT),
        }),
        refused: {
          ...SETTINGS,
          'VirtualMachine.Config.EditDevice on the VM': 'object',
          'Cryptographer.Decrypt on the VM': 'object',
        },
        spared: ['Cryptographer.Encrypt on the VM'],
        passed: (world) => expect(keysOfVm(world)).toEqual([null, null]),
      },
      {
        ...ONE_HOST,
        call: async (world) => {
          const object = world.vm(await world.encryptedVm());
          return { object, args: { crypto: { type: 'ShallowRecrypt' } } };
        },
        refused: { ...SETTINGS, 'Cryptographer.Recrypt on the VM': 'object' },
        spared: ['VirtualMachine.Config.EditDevice on the VM', 'Cryptographer.RegisterVM on the VM', ON_HOST],
      },
      {
        ...ONE_HOST,
        call: async (world) => {
          const object = world.vm(await world.encryptedVm());
          return { object, args: { crypto: { type: 'Register', cryptoKeyId: theVm(world).keyId } } };
        },
        refused: { ...SETTINGS, 'Cryptographer.RegisterVM on the VM': 'object' },
      },
      {
        call: async (world) => {
          const object = world.vm(await twoOfThree(world));
          return { object, args: { crypto: { type: 'DeepRecrypt' } } };
        },
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
      },
      {
        ...ONE_HOST,
        call: async (world) => ({
          object: world.vm(await world.encryptedVm()),
          args: { addDisks: [{ ...DISK, policy: POLICY }] },
        }),
        refused: {
          ...SETTINGS,
          'VirtualMachine.Config.AddNewDisk on the VM': 'object',
          'Datastore.AllocateSpace on the datastore': ({ vcenter }) => vcenter.datastores()[0]!.id,
          'Cryptographer.AddDisk on the VM': 'object',
        },
        spared: [
          'VirtualMachine.Config.AddExistingDisk on the VM',
          'VirtualMachine.Config.RemoveDisk on the VM',
          'VirtualMachine.Config.DiskExtend on the VM',
        ],
      },
      {
        ...ONE_HOST,
        call: detachedDisk,
        refused: {
          ...SETTINGS,
          'VirtualMachine.Config.AddExistingDisk on the VM': 'object',
          'Cryptographer.AddDisk on the VM': 'object',
        },
        spared: ['VirtualMachine.Config.AddNewDisk on the VM', 'Datastore.AllocateSpace on the datastore'],
      },
      {
        ...ONE_HOST,
        call: async (world) => ({
          object: world.vm(await world.plainVm()),
          args: { removeDisks: [{ deviceKey: 2000 }] },
        }),
        refused: { ...SETTINGS, 'VirtualMachine.Config.RemoveDisk on the VM': 'object' },
        spared: ['Cryptographer.AddDisk on the VM'],
      },
      {
        ...ONE_HOST,
        call: async (world) => ({
          object: world.vm(await world.plainVm()),
          args: { growDisks: [{ deviceKey: 2000, capacity: sectorCount(512) }] },
        }),
        refused: {
          ...SETTINGS,
          'VirtualMachine.Config.DiskExtend on the VM': 'object',
          'Datastore.AllocateSpace on the datastore': ({ vcenter }) => vcenter.datastores()[0]!.id,
        },
      },
    ],
  ],
  [
    'RegisterVM_Task',
    [
      {
        ...ONE_HOST,
        call: secondCluster,
        refused: { 'VirtualMachine.Inventory.Register on the folder': 'object' },
        effects: { [ON_HOST]: staysLocked },
        passed: isUnlocked,
      },
      {
        ...ONE_HOST,
        call: async (world) => {
          const vmxPath = await filesOfVm(world);
          await world.hosts.boot(ESX_1);
          await world.admin.reconnectHost(ESX_1);
          return { object: world.admin.vmFolder, args: { host: world.host(ESX_1), vmxPath } };
        },
        effects: { 'Cryptographer.RegisterVM on the folder': staysLocked },
      },
      {
        call: async (world) => {
          const vmxPath = await filesOfVm(world, [ESX_3]);
          await world.hosts.boot(ESX_1);
          await world.admin.reconnectHost(ESX_1);
          return { object: world.admin.vmFolder, args: { host: world.host(ESX_1), vmxPath } };
        },
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
      },
    ],
  ],
  [
    'UnregisterVM',
    [
      {
        ...ONE_HOST,
        call: async (world) => about(world.vm(await world.plainVm())),
        refused: { 'VirtualMachine.Inventory.Unregister on the VM': 'object' },
      },
    ],
  ],
]);
