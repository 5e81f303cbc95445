import type { CryptoKeyId, ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';
import { keyIdArgument, textArgument } from '../../arguments.js';

/**
 * A key that is named; or, with the `keyId` "", a new one of that provider, of the default one where none is named
 * (facts/vsphere-rules.md section 2.2).
 */
export interface KeyWish {
  readonly keyId: CryptoKeyId['keyId'] | '';
  readonly providerId?: ProviderId;
}

/** CryptoSpec as a caller gives it. A key that is left out is a new one of the default provider. */
export type CryptoWish =
  | { readonly type: 'Encrypt'; readonly cryptoKeyId?: KeyWish }
  | { readonly type: 'Decrypt' }
  | { readonly type: 'ShallowRecrypt'; readonly newKeyId?: KeyWish }
  | { readonly type: 'DeepRecrypt'; readonly newKeyId?: KeyWish }
  | { readonly type: 'Register'; readonly cryptoKeyId: CryptoKeyId }
  | { readonly type: 'NoOp' };

const keyWish = z
  .strictObject({
    keyId: z.union([z.literal(''), textArgument<CryptoKeyId['keyId']>()]),
    providerId: textArgument<ProviderId>().optional(),
  })
  .refine(({ keyId, providerId }) => keyId === '' || providerId !== undefined, {
    path: ['providerId'],
    message: 'the provider of the key is missing',
  });

export const cryptoWish = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Encrypt'), cryptoKeyId: keyWish.optional() }),
  z.strictObject({ type: z.literal('Decrypt') }),
  z.strictObject({ type: z.literal('ShallowRecrypt'), newKeyId: keyWish.optional() }),
  z.strictObject({ type: z.literal('DeepRecrypt'), newKeyId: keyWish.optional() }),
  z.strictObject({ type: z.literal('Register'), cryptoKeyId: keyIdArgument }),
  z.strictObject({ type: z.literal('NoOp') }),
]) as z.ZodType<CryptoWish>;
