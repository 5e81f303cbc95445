import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { plainOperation } from '../operation.js';

/** CreateDatacenter: a datacenter with its folders for VMs, hosts and datastores. @throws VCenterError ALREADY_EXISTS; FileError */
export const createDatacenter = plainOperation<'Folder', { readonly name: string }, MoRef<'Datacenter'>>({
  name: 'CreateDatacenter',
  on: 'Folder',
  verb: 'datacenter.create',
  about: 'Makes a datacenter, with its folders.',
  source: 'facts/vim-api.md section 1',
  args: z.strictObject({ name: nameArgument<string>() }),
  needs: [onObject('Folder', 'Datacenter.Create')],
  run: async ({ inventory }, { object, args }) => (await inventory.addDatacenter(object.id, args.name)).id,
});
