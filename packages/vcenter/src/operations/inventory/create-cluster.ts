import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { plainOperation } from '../operation.js';

/** CreateClusterEx: an empty cluster in a host folder. @throws VCenterError ALREADY_EXISTS; FileError */
export const createCluster = plainOperation<'Folder', { readonly name: string }, MoRef<'ClusterComputeResource'>>({
  name: 'CreateClusterEx',
  on: 'Folder',
  verb: 'cluster.create',
  about: 'Makes an empty cluster.',
  source: 'facts/vim-api.md section 1',
  args: z.strictObject({ name: nameArgument<string>() }),
  needs: [onObject('Folder', 'Host.Inventory.CreateCluster')],
  run: async ({ inventory }, { object, args }) =>
    (await inventory.addCluster(object.id, args.name)).id as MoRef<'ClusterComputeResource'>,
});
