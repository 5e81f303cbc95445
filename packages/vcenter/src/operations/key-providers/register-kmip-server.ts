import type { KmipServerSpec } from '../../terms/requests.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { keepPassword } from './keep-password.js';
import { kmipServerSpec } from './provider-arguments.js';

/**
 * RegisterKmipServer: adds a key server to a provider, after those it has. The first server makes the provider, and the
 * default one when there is none.
 *
 * @throws VCenterError ALREADY_EXISTS, INVALID_ARGUMENT; FileError
 */
export const registerKmipServer = plainOperation<'CryptoManagerKmip', KmipServerSpec, void>({
  name: 'RegisterKmipServer',
  on: 'CryptoManagerKmip',
  verb: 'provider.add-server',
  about: 'Adds a key server to a key provider.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: kmipServerSpec,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ providers, vecs }, { args }) => {
    providers.refuseTaken(args);
    // What an earlier server of this name left must not be sent to a new one.
    await keepPassword(vecs, { password: new Uint8Array(0), ...args });
    await providers.addServer(args);
  },
});
