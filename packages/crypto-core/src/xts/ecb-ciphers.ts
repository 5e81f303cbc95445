import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto';

/**
 * The three AES contexts behind one XTS key. ECB without padding keeps no state between calls, so they are made once
 * and used for every run; making one costs more than encrypting a sector with it.
 */
export class EcbCiphers {
  /** Key1, over data. */
  readonly encryptBlocks: Cipher;
  readonly decryptBlocks: Decipher;
  /** Key2, over data unit numbers. */
  readonly encryptTweaks: Cipher;

  /** @param key1 @param key2 16 or 32 bytes; read, not kept: OpenSSL holds the expanded keys */
  constructor(key1: Uint8Array, key2: Uint8Array) {
    const algorithm = `aes-${key1.length * 8}-ecb`;
    this.encryptBlocks = createCipheriv(algorithm, key1, null).setAutoPadding(false);
    this.decryptBlocks = createDecipheriv(algorithm, key1, null).setAutoPadding(false);
    this.encryptTweaks = createCipheriv(algorithm, key2, null).setAutoPadding(false);
  }

  /** Has OpenSSL clear and free the expanded keys now, not when they are collected. */
  close(): void {
    // `final` frees the context, and there is no rest to flush because only whole blocks ever went in.
    for (const cipher of [this.encryptBlocks, this.decryptBlocks, this.encryptTweaks]) cipher.final();
  }
}
