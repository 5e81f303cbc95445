import type { KeyObject } from 'node:crypto';

/** The NIST curves: P over a prime field; K (Koblitz) and B (random) over a binary one. The number is the field's bits. */
export type NistCurve =
  | 'p192'
  | 'p224'
  | 'p256'
  | 'p384'
  | 'p521'
  | 'k163'
  | 'k233'
  | 'k283'
  | 'k409'
  | 'k571'
  | 'b163'
  | 'b233'
  | 'b283'
  | 'b409'
  | 'b571';

/** Kinds of key pair. Certificates here use `rsa-2048` and `ec-p256`; the others are for who asks a key server for one. */
export type KeyPairKind = 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | `ec-${NistCurve}`;

/** A fresh key pair. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes key pairs. Always of the system's entropy: OpenSSL takes no seed, and no log shows them. */
export interface KeyPairSource {
  /** @param signal gives the pair up, if the source can: then it rejects */
  generate(kind: KeyPairKind, signal?: AbortSignal): Promise<KeyPair>;
  /** How many it makes at once; one if missing. */
  readonly atOnce?: number;
}
