import type { KeyProviderRecord } from '../../database/schema.js';
import { sinceOf } from '../../terms/capabilities.js';
import { noArguments } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/**
 * ListKmipServers. Releases that have Cryptographer.ReadKeyServersInfo look for that, earlier ones for ManageKeyServers
 * (facts/settled.md 11).
 */
export const listKmipServers = plainOperation<'CryptoManagerKmip', Record<string, never>, readonly KeyProviderRecord[]>(
  {
    name: 'ListKmipServers',
    on: 'CryptoManagerKmip',
    about: 'Lists the key providers with their servers, in the order in which they are tried.',
    source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
    args: noArguments,
    needs: [
      { ...onRoot('Cryptographer.ReadKeyServersInfo'), since: sinceOf('readKeyServersInfo') },
      { ...onRoot('Cryptographer.ManageKeyServers'), before: sinceOf('readKeyServersInfo') },
    ],
    run: async ({ providers }) => providers.all(),
  },
);
