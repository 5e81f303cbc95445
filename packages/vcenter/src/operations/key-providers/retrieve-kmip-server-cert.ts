import { failureCode } from '../../kmip/failure-code.js';
import { VCenterError } from '../../terms/errors.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ServerArguments, serverArguments } from './provider-arguments.js';

/**
 * RetrieveKmipServerCert: answers the DER of the leaf. Nothing is trusted by it.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING, SERVER_NOT_REACHABLE
 */
export const retrieveKmipServerCert = plainOperation<'CryptoManagerKmip', ServerArguments, Uint8Array>({
  name: 'RetrieveKmipServerCert',
  on: 'CryptoManagerKmip',
  about: 'Shows the certificate of a key server, over a connection that is ended at once.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: serverArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ providers, certificates, link }, { args: { providerId, server } }) => {
    const { address } = providers.server(providerId, server);
    const identity = await certificates.inUse(providerId);
    try {
      return await link.look(address, identity);
    } catch (error) {
      const code = failureCode(error);
      if (code === null) throw error;
      throw new VCenterError(
        { code: 'SERVER_NOT_REACHABLE', providerId, failure: { server, code } },
        `Key server ${server} showed no certificate (${code}). Check its address and that it is running.`,
      );
    }
  },
});
