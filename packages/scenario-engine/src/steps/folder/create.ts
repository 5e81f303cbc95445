import { createFolder } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { folderWord, newNameWord } from '../operation/word.js';

/** `folder.create`: makes a folder for VMs, or in the folder that is named (CreateFolder). */
export const folderCreate = operationStep(createFolder, {
  example: 'folder.create: { name: Finance, folder: dc-1 }',
  main: 'name',
  object: folderWord('vm'),
  words: { name: newNameWord('name') },
  makes: ({ name }) => [{ kind: 'folders', name: String(name) }],
});
