import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { vmEntity } from '../../records/entity.js';
import { refArgument } from '../arguments.js';
import { onObject, onOtherHosts } from '../needs.js';
import { taskOperation } from '../operation.js';
import { hostsForKeys, isNewToEncryption, keysOfInfo, provideKeys } from './cluster-keys.js';

/** Which VM to register, and where. */
export interface RegisterVmArguments {
  readonly host: MoRef<'HostSystem'>;
  /** `[datastore] folder/name.vmx` */
  readonly vmxPath: string;
}

/**
 * RegisterVM_Task. Keys that the host lacks are fetched by the IDs and the provider's name that the VM's files hold. If
 * they cannot be had, the VM is registered all the same, locked, and its alarm says why (row S20). So it is without
 * privilege Cryptographer.RegisterVM: no fault (facts/vsphere-rules.md section 6).
 *
 * Its result is the reference of the VM. Refuses as the host does: HypervisorError
 */
export const registerVm = taskOperation<'Folder', RegisterVmArguments>({
  name: 'RegisterVM_Task',
  on: 'Folder',
  verb: 'vm.register',
  about: 'Registers a VM by the path of its VMX file, and brings its keys to the host.',
  source: 'facts/vsphere-rules.md sections 6 and 11',
  args: z.strictObject({ host: refArgument('HostSystem'), vmxPath: z.string() }),
  needs: [
    onObject('Folder', 'VirtualMachine.Inventory.Register'),
    {
      privilege: 'Cryptographer.RegisterHost',
      on: 'the host',
      when: 'the VM is encrypted, the host is not in encryption mode and vCenter never brought it there',
      objects: (context, { args }) => (isNewToEncryption(context, args.host) ? [args.host] : []),
      ifMissing: { effect: 'the VM is registered and stays locked' },
    },
    onOtherHosts('the VM is registered'),
    {
      ...onObject('Folder', 'Cryptographer.RegisterVM'),
      when: 'the VM is encrypted and the host lacks a key of it',
      ifMissing: { effect: 'the VM is registered and stays locked' },
    },
  ],
  run: async (context, { args, object, user, may }) => {
    const reached = await context.hosts.reach(args.host);
    const info = await reached.api.registerVm(args.vmxPath);
    const mayFetch = may('Cryptographer.RegisterVM', object.id);
    // Neither now nor at a remediation: vCenter brings its keys when somebody who may unlocks it.
    const keysWithheld = info.missingKeys.length > 0 && !mayFetch;
    const known = context.inventory.vmOf(info.uuid);
    const applied = { folder: object.id, product: null, keysWithheld, home: null, disks: [] };
    if (known) await context.inventory.keepVm(known.id, { keysWithheld });
    await context.watch.look(reached, info.uuid, known ? undefined : applied);
    const host = context.inventory.host(args.host);
    const vm = context.inventory.vmOf(info.uuid);
    if (!vm) return null;
    await context.eventLog.record({ type: 'vim.event.VmRegisteredEvent', entity: vmEntity(vm), user });
    const keys = keysOfInfo(info);
    const mayEnable = !isNewToEncryption(context, host.id) || may('Cryptographer.RegisterHost', host.id);
    if (keys.length > 0 && mayFetch && mayEnable) {
      const hosts = await hostsForKeys(context, host.id, (each) => may('Cryptographer.RegisterHost', each));
      await provideKeys(context, hosts, keys);
    } else {
      await context.watch.judge(reached);
    }
    return vm.id;
  },
});
