import { Dek, hashesOf, type KeyBinding, resealDek, type XtsEngine } from '@vcryptsim/crypto-core';
import type { CryptoKeyId, Entropy } from '@vcryptsim/ports';
import { keyNotInCache } from '../api/faults.js';
import type { SealedDek } from '../formats/encryption-bundle.js';
import type { KeySource } from './opener.js';

/** What making encrypted files needs of the host. */
export interface Sealer {
  readonly keys: KeySource;
  readonly engine: XtsEngine;
  readonly entropy: Entropy;
}

/** A new DEK, open and sealed. The receiver disposes of the open one. */
export interface SealedNewDek {
  readonly dek: Dek;
  readonly sealed: SealedDek;
}

/**
 * Makes a DEK and seals it under a KEK.
 *
 * @param owner whose DEK it is, in words, for the draw: `disk 6000c29...`
 * @param binding what is sealed with it
 * @throws HypervisorError KEY_NOT_IN_CACHE: it may have been removed by force since it was asked for
 */
export function makeSealedDek(
  owner: string,
  keyId: CryptoKeyId,
  binding: KeyBinding,
  { engine, entropy, keys }: Sealer,
): SealedNewDek {
  const kek = keys.get(keyId);
  if (kek === undefined) throw keyNotInCache([keyId]);
  const draw = (lengthBytes: number): Uint8Array => entropy.secret(lengthBytes, `DEK of ${owner}`);
  const { dek, locked } = Dek.make({ engine, draw, kek, binding, iv: drawIv(entropy) });
  return { dek, sealed: { keyId, locked } };
}

/**
 * Seals the DEK of a pair anew: under another KEK or the same, with what is now to be sealed with it.
 *
 * @throws HypervisorError KEY_NOT_IN_CACHE
 */
export function resealPair(
  { keyId: fromId, locked }: SealedDek,
  keyId: CryptoKeyId,
  binding: KeyBinding,
  { engine, entropy, keys }: Sealer,
): SealedDek {
  const [from, to] = [keys.get(fromId), keys.get(keyId)];
  if (from === undefined) throw keyNotInCache([fromId]);
  if (to === undefined) throw keyNotInCache([keyId]);
  return { keyId, locked: resealDek({ locked, from, to, binding, iv: drawIv(entropy), hashes: hashesOf(engine) }) };
}

function drawIv(entropy: Entropy): Uint8Array {
  return entropy.public(16, 'IV of locked data');
}
