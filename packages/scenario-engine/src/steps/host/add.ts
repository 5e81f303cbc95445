import { addHost } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { labHostWord } from '../operation/word.js';

/** `host.add`: adds a host that is up to a cluster, with its VMs (AddHost_Task). */
export const hostAdd = operationStep(addHost, {
  example: 'host.add: { host: esx-2, cluster: cluster-1 }',
  main: 'host',
  words: { name: labHostWord },
  makes: ({ host }) => [{ kind: 'hosts', name: String(host) }],
});
