import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * MarkDefault. @throws VCenterError PROVIDER_NOT_FOUND; FileError
 */
export const markDefault = plainOperation<'CryptoManagerKmip', ProviderArguments, void>({
  name: 'MarkDefault',
  on: 'CryptoManagerKmip',
  verb: 'provider.mark-default',
  about: 'Makes new keys come from this key provider.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ providers }, { args }) => providers.markDefault(args.providerId),
});
