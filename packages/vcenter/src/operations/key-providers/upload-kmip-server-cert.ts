import type { KeyServerName, ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';
import { failureCode } from '../../kmip/failure-code.js';
import { pollHealth } from '../../kmip/poll-health.js';
import { refreshProvider } from '../../kmip/refresh-provider.js';
import { bytesArgument, textArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import type { ServerArguments } from './provider-arguments.js';

/** A key server, and its certificate. */
export interface ServerCertArguments extends ServerArguments {
  /** DER of the leaf. */
  readonly certificate: Uint8Array;
}

const serverCertArguments: z.ZodType<ServerCertArguments> = z.strictObject({
  providerId: textArgument<ProviderId>(),
  server: textArgument<KeyServerName>(),
  certificate: bytesArgument,
});

/**
 * UploadKmipServerCert: when the server gets a new certificate, that is uploaded anew. Then the server is asked for its
 * versions and its vendor, as the real one does; what comes of that shows in the status.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, SERVER_NOT_FOUND; PkiError MALFORMED; FileError
 */
export const uploadKmipServerCert = plainOperation<'CryptoManagerKmip', ServerCertArguments, void>({
  name: 'UploadKmipServerCert',
  on: 'CryptoManagerKmip',
  about: 'Trusts exactly this certificate at this key server from now on.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: serverCertArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ providers, vecs, servers }, { args: { providerId, server: name, certificate } }) => {
    providers.server(providerId, name);
    await providers.trust(providerId, name, await vecs.putTrusted(certificate));
    const provider = providers.named(providerId);
    const server = providers.server(providerId, name);
    try {
      await servers.converse(provider, server, 'REFRESH', pollHealth);
      await servers.converse(provider, server, 'REFRESH', refreshProvider);
    } catch (error) {
      // The certificate is trusted whatever the server says now; it may not know vCenter's certificate yet.
      if (failureCode(error) === null) throw error;
    }
  },
});
