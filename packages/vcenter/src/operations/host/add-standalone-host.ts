import type { HostName } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import type { AddHostArguments } from './add-host.js';
import { joinHost, keysMustBeSent } from './join-host.js';

/**
 * AddStandaloneHost_Task: adds a host that is up to a host folder, in no cluster, with the VMs that it has, and brings it
 * the keys of those. Its result is the reference of the host.
 *
 * Refuses with VCenterError ALREADY_EXISTS, HOST_NOT_CONNECTED, HOST_VERSION
 */
export const addStandaloneHost = taskOperation<'Folder', AddHostArguments>({
  name: 'AddStandaloneHost_Task',
  on: 'Folder',
  verb: 'host.add-standalone',
  about: 'Adds a host that is up to a host folder, in no cluster.',
  source: 'facts/vsphere-rules.md sections 5.1 and 11',
  args: z.strictObject({ name: nameArgument<HostName>() }),
  needs: [
    onObject('Folder', 'Host.Inventory.AddStandaloneHost'),
    {
      ...onObject('Folder', 'Cryptographer.RegisterHost'),
      when: 'the host has encrypted VMs, so that keys must be sent to it',
      objects: async (context, { object, args }) =>
        (await keysMustBeSent(context, args.name, null)) ? [object.id] : [],
    },
  ],
  run: async (context, { object, args: { name }, user, may }) => {
    const isKeyed = may('Cryptographer.RegisterHost', object.id) && (await keysMustBeSent(context, name, null));
    return joinHost(context, { name, user, place: object.id, isKeyed });
  },
});
