import type { PolicyRecord } from '../../database/schema.js';
import { noArguments } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/** PbmQueryProfile with PbmRetrieveContent: all storage policies. */
export const queryPolicies = plainOperation<'PbmProfileProfileManager', Record<string, never>, readonly PolicyRecord[]>(
  {
    name: 'PbmQueryProfile',
    on: 'PbmProfileProfileManager',
    about: 'Lists the storage policies.',
    source: 'facts/vim-api.md section 4',
    args: noArguments,
    needs: [onRoot('StorageProfile.View')],
    run: async ({ policies }) => policies.all(),
  },
);
