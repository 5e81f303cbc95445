import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject, onOtherHosts } from '../needs.js';
import { taskOperation } from '../operation.js';
import { hostsForKeys, isNewToEncryption, provideKeys } from './cluster-keys.js';

/**
 * PowerOnVM_Task. While the host has the keys, nobody is asked, and no privilege of group Cryptographer is needed; else
 * they are fetched by ID and pushed first (facts/vsphere-encryption.md section 1, "power on"). A suspended VM goes on from
 * there.
 *
 * Refuses with why the key of a locked VM could not be had: VCenterError; with HypervisorError DISK_KEY_MISSING when only
 * a disk's is missing, since then the VM itself looks normal (row S30)
 */
export const powerOnVm = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'PowerOnVM_Task',
  on: 'VirtualMachine',
  verb: 'vm.power-on',
  about: 'Powers a VM on, fetching its keys first where the host lacks them.',
  source: 'facts/vim-api.md section 3; facts/vsphere-encryption.md section 1',
  args: noArguments,
  needs: [
    onObject('VirtualMachine', 'VirtualMachine.Interact.PowerOn'),
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'the VM is locked, its host is not in encryption mode and vCenter never brought it there',
      objects: (context, { object }) =>
        object.cryptoState === 'locked' && isNewToEncryption(context, object.host) ? [object.host] : [],
      ifMissing: 'NoPermission',
    },
    onOtherHosts('the VM starts'),
    {
      ...onObject('VirtualMachine', 'Cryptographer.RegisterVM'),
      when: 'the VM is locked',
      objects: (_, { object }) => (object.cryptoState === 'locked' ? [object.id] : []),
    },
    {
      ...onObject('VirtualMachine', 'Cryptographer.RegisterVM'),
      when: 'the VM is not locked and the key of a disk is missing on the host',
      ifMissing: { effect: 'the key is not fetched, and the VM does not start' },
    },
  ],
  whileLocked: 'allowed',
  run: async (context, { object, user, may }) => {
    const host = await context.hosts.reach(object.host);
    const { missingKeys, powerState } = await host.api.vm(object.uuid);
    const mayEnable = !isNewToEncryption(context, host.id) || may('Cryptographer.RegisterHost', host.id);
    if (missingKeys.length > 0 && may('Cryptographer.RegisterVM', object.id) && mayEnable) {
      await context.inventory.keepVm(object.id, { keysWithheld: false });
      const hosts = await hostsForKeys(context, host.id, (each) => may('Cryptographer.RegisterHost', each));
      const [failure] = (await provideKeys(context, hosts, missingKeys)).values();
      if (failure && (await host.api.vm(object.uuid)).cryptoState === 'locked') throw failure;
    }
    await host.api.powerOnVm(object.uuid);
    await context.watch.look(host, object.uuid);
    const entity = vmEntity(object);
    if (powerState === 'suspended') await context.eventLog.record({ type: 'vim.event.VmResumingEvent', entity, user });
    await context.eventLog.record({ type: 'vim.event.VmPoweredOnEvent', entity, user });
    return null;
  },
});
