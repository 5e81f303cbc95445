import type { KeyObject } from 'node:crypto';

/** Kinds of key pair that certificates here use. */
export type KeyPairKind = 'rsa-2048' | 'ec-p256';

/** A fresh key pair. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes key pairs for certificates. Always of the system's entropy: OpenSSL takes no seed, and no log shows them. */
export interface KeyPairSource {
  generate(kind: KeyPairKind): Promise<KeyPair>;
}
