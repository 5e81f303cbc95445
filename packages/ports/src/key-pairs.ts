import type { KeyObject } from 'node:crypto';

/** Kinds of key pair. Certificates here use `rsa-2048` and `ec-p256`; the others are for who asks a key server for one. */
export type KeyPairKind = 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ec-p256';

/** A fresh key pair. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes key pairs. Always of the system's entropy: OpenSSL takes no seed, and no log shows them. */
export interface KeyPairSource {
  generate(kind: KeyPairKind): Promise<KeyPair>;
}
