import type { MoRef } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { plainOperation } from '../operation.js';

/** CreateFolder: a folder for the same kind of thing as the one in which it is. @throws VCenterError ALREADY_EXISTS; FileError */
export const createFolder = plainOperation<'Folder', { readonly name: string }, MoRef<'Folder'>>({
  name: 'CreateFolder',
  on: 'Folder',
  verb: 'folder.create',
  about: 'Makes a folder in a folder.',
  source: 'facts/vim-api.md section 1',
  args: z.strictObject({ name: nameArgument<string>() }),
  needs: [onObject('Folder', 'Folder.Create')],
  run: async ({ inventory }, { object, args }) => (await inventory.addFolder(object.id, args.name)).id,
});
