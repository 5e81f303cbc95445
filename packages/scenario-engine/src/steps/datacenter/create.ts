import { createDatacenter } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { folderWord, newNameWord } from '../operation/word.js';

/** `datacenter.create`: makes a datacenter with its folders (CreateDatacenter). */
export const datacenterCreate = operationStep(createDatacenter, {
  example: 'datacenter.create: dc-2',
  main: 'datacenter',
  object: folderWord('datacenter'),
  words: { name: newNameWord('datacenter') },
  makes: ({ datacenter }) => [{ kind: 'datacenters', name: String(datacenter) }],
});
