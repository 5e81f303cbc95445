import type { ProviderId, TlsIdentity } from '@vcryptsim/ports';
import { z } from 'zod';
import { textArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/** A provider, and who vCenter is to be there. */
export interface UploadClientCertArguments {
  readonly providerId: ProviderId;
  readonly identity: TlsIdentity;
}

const uploadClientCertArguments: z.ZodType<UploadClientCertArguments> = z.strictObject({
  providerId: textArgument<ProviderId>(),
  identity: z.custom<TlsIdentity>((value) => typeof value === 'object' && value !== null && 'chain' in value),
});

/**
 * UploadClientCert: in place of an earlier one.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND; INVALID_ARGUMENT when the key is not the certificate's; PkiError MALFORMED; FileError
 */
export const uploadClientCert = plainOperation<'CryptoManagerKmip', UploadClientCertArguments, void>({
  name: 'UploadClientCert',
  on: 'CryptoManagerKmip',
  about: 'Takes a client certificate and its private key that the key server made.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: uploadClientCertArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.upload(args.providerId, args.identity),
});
