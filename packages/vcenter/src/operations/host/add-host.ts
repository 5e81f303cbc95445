import type { HostName, MoRef } from '@vcryptsim/ports';
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
      when: 'the cluster is in encryption mode or the host has encrypted VMs, so that keys must be sent to it',
      objects: async (context, { object, args }) =>
        (await keysMustBeSent(context, args.name, object)) ? [object.id] : [],
    },
  ],
  run: async (context, { object, args: { name }, user, may }) => {
    const place = object.id as MoRef<'ClusterComputeResource'>;
    const isKeyed = may('Cryptographer.RegisterHost', place) && (await keysMustBeSent(context, name, object));
    return joinHost(context, { name, user, place, isKeyed });
  },
});
