import type { HostName } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { joinHost, keysMustBeSent } from './join-host.js';

/** Which host. */
export interface AddHostArguments {
  /** The address by which vCenter reaches it. */
  readonly name: HostName;
}

/**
 * AddHost_Task: adds a host that is up to a cluster, with the VMs that it has, and brings it the keys of the cluster as
 * far as they can be had. Its result is the reference of the host.
 *
 * Refuses with VCenterError ALREADY_EXISTS, HOST_NOT_CONNECTED, HOST_VERSION
 */
export const addHost = taskOperation<'ClusterComputeResource', AddHostArguments>({
  name: 'AddHost_Task',
  on: 'ClusterComputeResource',
  verb: 'host.add',
  about: 'Adds a host that is up to a cluster, with its VMs.',
  source: 'facts/vsphere-rules.md sections 5.1 and 11',
  args: z.strictObject({ name: nameArgument<HostName>() }),
  needs: [
    onObject('ClusterComputeResource', 'Host.Inventory.AddHostToCluster'),
    {
      ...onObject('ClusterComputeResource', 'Cryptographer.RegisterHost'),
      when: 'the cluster has keys that must be sent to the host',
      objects: (context, { object }) => (keysMustBeSent(context, object) ? [object.id] : []),
    },
  ],
  run: async (context, { object, args, user }) =>
    joinHost(context, { name: args.name, user, place: object.id as never, isKeyed: keysMustBeSent(context, object) }),
});
