import { sinceOf } from '../../terms/capabilities.js';
import { VCenterError } from '../../terms/errors.js';
import { noArguments } from '../arguments.js';
import { onObject, onOtherHosts } from '../needs.js';
import { taskOperation } from '../operation.js';
import { hostsForKeys, isNewToEncryption, keysOfInfo, provideKeys } from './cluster-keys.js';

/**
 * CryptoUnlock_Task: brings the keys of the VM home and of all disks to the host, at once and whether or not an attempt
 * is due (facts/vsphere-encryption.md section 2, "Others").
 *
 * Refuses with VCenterError NOT_ENCRYPTED, or the first reason why a key did not reach the host
 */
export const cryptoUnlockVm = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'CryptoUnlock_Task',
  on: 'VirtualMachine',
  verb: 'vm.unlock',
  about: 'Fetches the keys of a locked VM now, and brings them to its host.',
  source: 'facts/vim-api.md section 3; facts/vsphere-rules.md section 11',
  args: noArguments,
  needs: [
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'the host is not in encryption mode and vCenter never brought it there',
      objects: (context, { object }) => (isNewToEncryption(context, object.host) ? [object.host] : []),
      ifMissing: 'NoPermission',
    },
    onOtherHosts('the VM is unlocked'),
    onObject('VirtualMachine', 'Cryptographer.RegisterVM'),
  ],
  since: sinceOf('CryptoUnlock_Task'),
  whileLocked: 'allowed',
  run: async (context, { object, may }) => {
    const hosts = await hostsForKeys(context, object.host, (each) => may('Cryptographer.RegisterHost', each));
    const vm = await hosts[0]?.api.vm(object.uuid);
    const keys = vm ? keysOfInfo(vm) : [];
    if (keys.length === 0) {
      throw new VCenterError(
        { code: 'NOT_ENCRYPTED', vm: object.name },
        `VM ${object.name} is not encrypted; there is nothing to unlock.`,
      );
    }
    await context.inventory.keepVm(object.id, { keysWithheld: false });
    const [failure] = (await provideKeys(context, hosts, keys)).values();
    if (failure) throw failure;
    return null;
  },
});
