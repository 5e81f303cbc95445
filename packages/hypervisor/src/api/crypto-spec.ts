import type { CryptoKeyId } from '@vcryptsim/ports';

/**
 * What to do with the keys of a VM or a disk, under the names of the vSphere API. A new VM takes `Encrypt` and `NoOp`; one
 * that is there takes all (facts/vsphere-rules.md section 2). `Register` names the key that the object has and changes
 * nothing.
 */
export type CryptoSpec =
  | { readonly type: 'Encrypt'; readonly cryptoKeyId: CryptoKeyId }
  | { readonly type: 'Decrypt' }
  | { readonly type: 'ShallowRecrypt'; readonly newKeyId: CryptoKeyId }
  | { readonly type: 'DeepRecrypt'; readonly newKeyId: CryptoKeyId }
  | { readonly type: 'Register'; readonly cryptoKeyId: CryptoKeyId }
  | { readonly type: 'NoOp' };
