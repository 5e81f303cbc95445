import { addStandaloneHost } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { folderWord, labHostWord } from '../operation/word.js';

/** `host.add-standalone`: adds a host that is up to a datacenter, in no cluster (AddStandaloneHost_Task). */
export const hostAddStandalone = operationStep(addStandaloneHost, {
  example: 'host.add-standalone: esx-3',
  main: 'host',
  object: folderWord('host'),
  words: { name: labHostWord },
  makes: ({ host }) => [{ kind: 'hosts', name: String(host) }],
});
