import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ServerArguments, serverArguments } from './provider-arguments.js';

/**
 * RemoveKmipServer: with the last server the provider goes. Its client certificate stays in VECS, so that whoever adds the
 * provider again under this name speaks as the client that key servers know (ours by choice; what the real one does is not
 * published). Its password goes.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND; FileError
 */
export const removeKmipServer = plainOperation<'CryptoManagerKmip', ServerArguments, void>({
  name: 'RemoveKmipServer',
  on: 'CryptoManagerKmip',
  verb: 'provider.remove-server',
  about: 'Takes a key server out, also while its keys are in use.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: serverArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ providers, vecs, health }, { args: { providerId, server } }) => {
    await providers.removeServer(providerId, server);
    await vecs.removePassword(providerId, server);
    await health.forget(providerId, server);
  },
});
