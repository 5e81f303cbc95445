// The situations of cloning a VM, and of templates.
import { DATASTORE_DEFAULT } from '@vcryptsim/vcenter';
import { markAsTemplate } from '@vcryptsim/vcenter/catalogue';
import { expect } from 'vitest';
import { ESX_1 } from './lab.js';
import type { PrivilegeWorld } from './privilege-world.js';
import type { Situation, Situations } from './situation.js';
import { ON_HOST, ON_OTHER_HOST, thirdStaysDisabled, twoOfThree } from './situations-machines.js';

const ONE_HOST = { hosts: [ESX_1] };
const POLICY = 'VM Encryption Policy';

/** What every clone needs. */
const CLONE: NonNullable<Situation['refused']> = {
  'VirtualMachine.Provisioning.Clone on the VM': 'object',
  'VirtualMachine.Inventory.CreateFromExisting on the folder': (world) => world.admin.vmFolder,
  'Datastore.AllocateSpace on the datastore': ({ vcenter }) => vcenter.datastores()[0]!.id,
};

const ofEncrypted = (more: object) => async (world: PrivilegeWorld) => ({
  object: world.vm(await world.encryptedVm()),
  args: { name: 'copy', ...more },
});
const source = ({ vcenter }: PrivilegeWorld) => vcenter.vms()[0]!;
const copy = ({ vcenter }: PrivilegeWorld) => vcenter.vms().find(({ name }) => name === 'copy')!;

export const COPY_SITUATIONS: Situations = new Map<string, readonly Situation[]>([
  [
    'CloneVM_Task',
    [
      {
        ...ONE_HOST,
        call: ofEncrypted({}),
        refused: { ...CLONE, 'Cryptographer.Clone on the VM': 'object' },
        spared: [
          'Cryptographer.Decrypt on the VM',
          'Cryptographer.Encrypt on the VM',
          'Cryptographer.Recrypt on the VM',
          ON_HOST,
        ],
        passed: (world) => expect(copy(world).keyId).toEqual(source(world).keyId),
      },
      {
        ...ONE_HOST,
        call: async (world) => ({
          object: world.vm(await world.plainVm()),
          args: { name: 'copy', policy: POLICY },
        }),
        refused: {
          ...CLONE,
          'Cryptographer.Encrypt on the VM': 'object',
          [ON_HOST]: (world) => world.host(ESX_1),
        },
        spared: ['Cryptographer.Clone on the VM'],
        passed: (world) => {
          expect(copy(world).keyId).not.toBeNull();
          expect(source(world).keyId).toBeNull();
        },
      },
      {
        ...ONE_HOST,
        call: ofEncrypted({ policy: DATASTORE_DEFAULT }),
        refused: { ...CLONE, 'Cryptographer.Clone on the VM': 'object', 'Cryptographer.Decrypt on the VM': 'object' },
        passed: (world) => expect(copy(world).keyId).toBeNull(),
      },
      {
        ...ONE_HOST,
        call: ofEncrypted({ crypto: { type: 'ShallowRecrypt' } }),
        refused: { ...CLONE, 'Cryptographer.Clone on the VM': 'object', 'Cryptographer.Recrypt on the VM': 'object' },
        passed: (world) => expect(copy(world).keyId).not.toEqual(source(world).keyId),
      },
      {
        call: async (world) => ({
          object: world.vm(await twoOfThree(world)),
          args: { name: 'copy', crypto: { type: 'DeepRecrypt' } },
        }),
        effects: { [ON_OTHER_HOST]: thirdStaysDisabled },
      },
    ],
  ],
  [
    'MarkAsTemplate',
    [
      {
        ...ONE_HOST,
        call: async (world) => ({ object: world.vm(await world.encryptedVm()), args: {} }),
        refused: { 'VirtualMachine.Provisioning.MarkAsTemplate on the VM': 'object' },
      },
    ],
  ],
  [
    'MarkAsVirtualMachine',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          const vm = world.vm(await world.encryptedVm());
          await world.admin.session.run(markAsTemplate, vm, {});
          return { object: vm, args: {} };
        },
        refused: { 'VirtualMachine.Provisioning.MarkAsVM on the VM': 'object' },
      },
    ],
  ],
]);
