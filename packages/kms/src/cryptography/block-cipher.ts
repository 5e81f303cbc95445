import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import type { BlockCipherMode, CryptographicAlgorithm, CryptographicParameters } from '@vcryptsim/kmip-lite';
import { KmsError } from '../terms/errors.js';

/** What goes into one encryption or decryption beside the key. */
export interface CipherInput {
  readonly data: Uint8Array;
  readonly ivCounterNonce?: Uint8Array | undefined;
  /** GCM: authenticated and not encrypted. */
  readonly additionalData?: Uint8Array | undefined;
}

/** The cipher that algorithm, length and parameters name, as OpenSSL spells it. */
export interface BlockCipher {
  readonly name: string;
  readonly mode: BlockCipherMode;
  /** Bytes of the IV, counter or nonce; 0 where there is none. */
  readonly ivBytes: number;
  readonly isPadded: boolean;
  /** Bytes of the tag; 0 where there is none. */
  readonly tagBytes: number;
}

const MODES: Readonly<Partial<Record<BlockCipherMode, string>>> = {
  ECB: 'ecb',
  CBC: 'cbc',
  CFB: 'cfb',
  OFB: 'ofb',
  CTR: 'ctr',
  GCM: 'gcm',
};
const FAMILIES: Readonly<Partial<Record<CryptographicAlgorithm, Readonly<Record<number, string>>>>> = {
  AES: { 16: 'aes-128', 24: 'aes-192', 32: 'aes-256' },
  Camellia: { 16: 'camellia-128', 24: 'camellia-192', 32: 'camellia-256' },
  DES3: { 16: 'des-ede', 24: 'des-ede3' },
};
/** NIST SP 800-38D section 5.2.1.2. */
const TAG_BYTES: readonly number[] = [4, 8, 12, 13, 14, 15, 16];

/**
 * Picks the cipher.
 *
 * @param keyBytes length of the key's material
 * @throws KmsError CRYPTOGRAPHIC_PARAMETERS, naming the field, when something is missing or not served
 */
export function blockCipher(
  algorithm: CryptographicAlgorithm | undefined,
  keyBytes: number,
  parameters: CryptographicParameters,
): BlockCipher {
  const refuse = (message: string): never => {
    throw new KmsError('CRYPTOGRAPHIC_PARAMETERS', message);
  };
  const family = FAMILIES[algorithm ?? 'AES']?.[keyBytes];
  if (algorithm === undefined || family === undefined) {
    return refuse(`Cryptographic Algorithm ${algorithm ?? '(missing)'} with ${keyBytes * 8} bits is not used here.`);
  }
  const mode = parameters.blockCipherMode;
  const spelled = mode && MODES[mode];
  if (mode === undefined || spelled === undefined)
    return refuse(`Block Cipher Mode ${mode ?? '(missing)'} is not used here.`);
  if (mode === 'GCM' && algorithm !== 'AES') return refuse(`Block Cipher Mode GCM does not go with ${algorithm}.`);
  if (mode === 'CTR' && algorithm === 'DES3') return refuse('Block Cipher Mode CTR does not go with DES3.');
  const padding = parameters.paddingMethod ?? 'None';
  if (padding !== 'None' && padding !== 'PKCS5') return refuse(`Padding Method ${padding} is not used here.`);
  const isBlockMode = mode === 'ECB' || mode === 'CBC';
  const blockBytes = algorithm === 'DES3' ? 8 : 16;
  const tagBytes = mode === 'GCM' ? (parameters.tagLength ?? 16) : 0;
  if (mode === 'GCM' && !TAG_BYTES.includes(tagBytes)) return refuse(`Tag Length ${tagBytes} is not one of GCM.`);
  return {
    name: algorithm === 'DES3' && mode === 'ECB' ? family : `${family}-${spelled}`,
    mode,
    ivBytes: mode === 'ECB' ? 0 : mode === 'GCM' ? 12 : blockBytes,
    isPadded: isBlockMode && padding === 'PKCS5',
    tagBytes,
  };
}

/** Encrypts. Throws KmsError IV_MISSING, CRYPTOGRAPHIC_FAILURE for data, IV or nonce of a length that the cipher does not take. */
export function encryptBytes(
  cipher: BlockCipher,
  key: Uint8Array,
  input: CipherInput,
): { data: Uint8Array; tag?: Uint8Array } {
  return attempt(() => {
    const options = cipher.tagBytes > 0 ? { authTagLength: cipher.tagBytes } : {};
    const work = createCipheriv(cipher.name, key, ivOf(cipher, input), options as object);
    work.setAutoPadding(cipher.isPadded);
    if (cipher.tagBytes > 0 && input.additionalData) (work as CipherGCM).setAAD(input.additionalData);
    const data = Buffer.concat([work.update(input.data), work.final()]);
    return cipher.tagBytes > 0 ? { data, tag: (work as CipherGCM).getAuthTag() } : { data };
  });
}

/**
 * Decrypts. The bytes are the caller's to zero.
 *
 * @param tag GCM's; must be as long as the cipher's tag
 * @throws KmsError IV_MISSING; CRYPTOGRAPHIC_FAILURE, the same for a wrong tag and for wrong padding
 */
export function decryptBytes(cipher: BlockCipher, key: Uint8Array, input: CipherInput, tag?: Uint8Array): Uint8Array {
  return attempt(() => {
    const options = cipher.tagBytes > 0 ? { authTagLength: cipher.tagBytes } : {};
    const work = createDecipheriv(cipher.name, key, ivOf(cipher, input), options as object);
    work.setAutoPadding(cipher.isPadded);
    if (cipher.tagBytes > 0) {
      if (tag?.length !== cipher.tagBytes) throw new RangeError('the tag has another length');
      (work as DecipherGCM).setAuthTag(tag);
      if (input.additionalData) (work as DecipherGCM).setAAD(input.additionalData);
    }
    const parts = [work.update(input.data)];
    try {
      parts.push(work.final());
      return Buffer.concat(parts);
    } finally {
      for (const part of parts) part.fill(0);
    }
  });
}

function ivOf(cipher: BlockCipher, { ivCounterNonce }: CipherInput): Uint8Array | null {
  if (cipher.ivBytes === 0) return null;
  if (ivCounterNonce === undefined) throw new KmsError('IV_MISSING', `${cipher.mode} needs an IV/Counter/Nonce.`);
  const fits = cipher.mode === 'GCM' ? ivCounterNonce.length > 0 : ivCounterNonce.length === cipher.ivBytes;
  if (!fits) throw new RangeError('the IV has another length');
  return ivCounterNonce;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KmsError) throw error;
    throw new KmsError('CRYPTOGRAPHIC_FAILURE', 'Data, IV, padding or tag do not fit the cipher or the key.');
  }
}
