import { drawUuid, type Entropy } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { RootKey } from './root-key.js';

/*
 * What a journal's head says of the store:
 *
 *   0   36  the store's UUID, text
 *   36  47  a known text sealed under the root key (nonce, ciphertext, tag) with the UUID as additional data, so that
 *           another root key is noticed at once
 *
 * All nodes of a cluster have the same.
 */
const STORE_ID_BYTES = 36;
const ROOT_KEY_CHECK = new TextEncoder().encode('vcryptsim kms store');

/** Facts of a new store. */
export function makeFacts(rootKey: RootKey, entropy: Entropy): Uint8Array {
  const id = new TextEncoder().encode(drawUuid(entropy, 'store UUID'));
  const check = rootKey.seal(ROOT_KEY_CHECK, id);
  const facts = new Uint8Array(STORE_ID_BYTES + check.length);
  facts.set(id);
  facts.set(check, STORE_ID_BYTES);
  return facts;
}

/** The store's UUID, as its facts say it. */
export function storeIdOf(facts: Uint8Array): Uint8Array {
  return facts.slice(0, STORE_ID_BYTES);
}

/**
 * Checks that a root key is the one the store was made with.
 *
 * @param path of the root key, for the message
 * @throws KmsError ROOT_KEY_WRONG
 */
export function checkRootKey(rootKey: RootKey, facts: Uint8Array, path: string): void {
  if (rootKey.open(facts.subarray(STORE_ID_BYTES), facts.subarray(0, STORE_ID_BYTES))) return;
  throw new KmsError(
    'ROOT_KEY_WRONG',
    `The root key ${path} is not the one this store was made with.`,
    'Name the right file with --root-key FILE.',
  );
}
