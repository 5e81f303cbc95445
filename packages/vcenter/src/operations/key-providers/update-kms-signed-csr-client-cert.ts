import type { ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';
import { bytesArgument, textArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/** A provider, and the certificate for it. */
export interface SignedCertArguments {
  readonly providerId: ProviderId;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
}

const signedCertArguments: z.ZodType<SignedCertArguments> = z.strictObject({
  providerId: textArgument<ProviderId>(),
  chain: z.array(bytesArgument),
});

/**
 * UpdateKmsSignedCsrClientCert.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_REQUEST_MISSING; INVALID_ARGUMENT when it is for another key; PkiError
 *   MALFORMED; FileError
 */
export const updateKmsSignedCsrClientCert = plainOperation<'CryptoManagerKmip', SignedCertArguments, void>({
  name: 'UpdateKmsSignedCsrClientCert',
  on: 'CryptoManagerKmip',
  about: 'Takes the certificate that the key server made of the last request.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: signedCertArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.signedRequest(args.providerId, args.chain),
});
