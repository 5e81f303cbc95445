import { noArguments } from '../arguments.js';
import { onRoot } from '../needs.js';
import { taskOperation } from '../operation.js';

/** RetrieveKmipServersStatus_Task: looks at all key servers now, not only at the next poll; what it found shows in the status. */
export const retrieveKmipServersStatus = taskOperation<'CryptoManagerKmip', Record<string, never>>({
  name: 'RetrieveKmipServersStatus_Task',
  on: 'CryptoManagerKmip',
  verb: 'provider.check',
  about: 'Looks at all key servers now.',
  source: 'facts/vim-api.md section 2',
  args: noArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ health }) => {
    await health.poll();
    return null;
  },
});
