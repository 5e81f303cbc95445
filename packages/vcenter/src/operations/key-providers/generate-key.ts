import type { CryptoKeyId, ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';
import { textArgument } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/** Which provider; left out, the default one. */
export interface GenerateKeyArguments {
  readonly providerId?: ProviderId;
}

const generateKeyArguments: z.ZodType<GenerateKeyArguments> = z.strictObject({
  providerId: textArgument<ProviderId>().optional(),
}) as z.ZodType<GenerateKeyArguments>;

/**
 * GenerateKey: of the default provider when none is named.
 *
 * @throws VCenterError NO_DEFAULT_PROVIDER, PROVIDER_NOT_FOUND, KEY_GENERATION_FAILED
 */
export const generateProviderKey = plainOperation<'CryptoManagerKmip', GenerateKeyArguments, CryptoKeyId>({
  name: 'GenerateKey',
  on: 'CryptoManagerKmip',
  verb: 'key.generate',
  about: 'Lets a key provider make a key.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: generateKeyArguments,
  needs: [onRoot('Cryptographer.ManageKeys')],
  run: ({ keys, providers }, { args }) => keys.generate(args.providerId ?? providers.default().providerId),
});
