import { assert, type CryptoKeyId, type KeyId, type ProviderId } from '@vcryptsim/ports';
import { bundleTampered } from '../api/faults.js';
import { formatKeyLocator, type KeyLocator, parseKeyLocator } from './key-locator.js';

const MAC_NAME = 'HMAC-SHA-256';
/** IV, one block, MAC: less cannot be locked data. */
const LOCKED_MIN_BYTES = 16 + 16 + 32;
const LOCKED_MAX_BYTES = 16 * 1024;

/** A DEK, sealed: which KEK opens it, and the locked data (IV, AES-256-CBC, HMAC-SHA-256 over the plaintext). */
export interface SealedDek {
  readonly keyId: CryptoKeyId;
  readonly locked: Uint8Array;
}

/**
 * Writes a bundle, the text behind `encryption.bundle` in a VMX and behind `encryptionKeys` in a descriptor:
 *
 * ```
 * vmware:key/list/(pair/(fqid/<VMWARE-NULL>/PROVIDER/KEYID,HMAC%2dSHA%2d256,BASE64),...)
 * ```
 *
 * One pair, or several while keys change: each opens with its own KEK (docs/on-disk-format.md section 4b).
 *
 * The form is VMware's (facts/vsphere-encryption.md section 4). What the locked data holds inside is unpublished; ours
 * is the crypto dictionary of crypto-core: the DEK and the facts it is bound to.
 */
export function formatBundle(sealed: readonly [SealedDek, ...SealedDek[]]): string {
  const [first, ...more] = sealed.map(({ keyId, locked }): KeyLocator => {
    return {
      type: 'pair',
      locker: { type: 'fqid', id: null, keyServerId: keyId.providerId, keyId: keyId.keyId },
      macName: MAC_NAME,
      locked: Buffer.from(locked).toString('base64'),
    };
  });
  assert(first !== undefined, 'a bundle holds at least one pair');
  return formatKeyLocator({ type: 'list', locators: [first, ...more] });
}

/**
 * Reads a bundle. Nothing is opened.
 *
 * @param file name for errors
 * @returns the sealed DEK, once for each KEK that opens it; at least one
 * @throws HypervisorError BUNDLE_TAMPERED when it is not what {@link formatBundle} writes
 */
export function parseBundle(text: string, file: string): readonly [SealedDek, ...SealedDek[]] {
  const locator = parseKeyLocator(text, file);
  if (locator.type !== 'list') throw bundleTampered(file, 'it is not a list of key locators');
  const [first, ...more] = locator.locators.map((entry) => sealedDekOf(entry, file));
  if (first === undefined) throw bundleTampered(file, 'it is empty');
  return [first, ...more];
}

function sealedDekOf(entry: KeyLocator, file: string): SealedDek {
  if (entry.type !== 'pair') throw bundleTampered(file, 'it holds something else than locker and locked data');
  if (entry.macName !== MAC_NAME) throw bundleTampered(file, `its MAC is not ${MAC_NAME}`);
  const text = entry.locked ?? '';
  const locked = Buffer.from(text, 'base64');
  if (locked.toString('base64') !== text) throw bundleTampered(file, 'the locked data is not base64');
  if (locked.length < LOCKED_MIN_BYTES || locked.length > LOCKED_MAX_BYTES) {
    throw bundleTampered(file, `locked data of ${locked.length} bytes is not possible`);
  }
  return { keyId: keyIdOf(entry.locker, file), locked: new Uint8Array(locked) };
}

function keyIdOf(locator: KeyLocator, file: string): CryptoKeyId {
  if (locator.type !== 'fqid') throw bundleTampered(file, 'the key is not named by provider and key ID');
  const { id, keyServerId, keyId } = locator;
  if (id !== null) throw bundleTampered(file, 'the key has a unique ID beside provider and key ID');
  if (keyServerId === null || keyServerId === '' || keyId === null || keyId === '') {
    throw bundleTampered(file, 'the provider or the key has no name');
  }
  return { keyId: keyId as KeyId, providerId: keyServerId as ProviderId };
}
