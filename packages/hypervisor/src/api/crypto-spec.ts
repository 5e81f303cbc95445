import type { CryptoKeyId } from '@vcryptsim/ports';

/**
 * What to do with the keys of a VM or a disk, under the names of the vSphere API. Only `Encrypt` and `NoOp` are served
 * so far; the others are refused with NOT_SUPPORTED.
 */
export type CryptoSpec =
  | { readonly type: 'Encrypt'; readonly cryptoKeyId: CryptoKeyId }
  | { readonly type: 'Decrypt' }
  | { readonly type: 'ShallowRecrypt'; readonly newKeyId: CryptoKeyId }
  | { readonly type: 'DeepRecrypt'; readonly newKeyId: CryptoKeyId }
  | { readonly type: 'Register'; readonly cryptoKeyId: CryptoKeyId }
  | { readonly type: 'NoOp' };
