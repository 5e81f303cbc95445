import type { KmipServerSpec } from '../../terms/requests.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { keepPassword } from './keep-password.js';
import { kmipServerSpec } from './provider-arguments.js';

/**
 * UpdateKmipServer. A password that is left out stays, an empty one is taken away; without a user name none is kept. The
 * trusted certificate stays.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND; FileError
 */
export const updateKmipServer = plainOperation<'CryptoManagerKmip', KmipServerSpec, void>({
  name: 'UpdateKmipServer',
  on: 'CryptoManagerKmip',
  about: 'Gives a key server another address, user name or password.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: kmipServerSpec,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ providers, vecs }, { args }) => {
    providers.server(args.providerId, args.server.name);
    await keepPassword(vecs, args);
    await providers.updateServer(args);
  },
});
