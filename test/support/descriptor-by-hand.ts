// Opens an encrypted disk from the published facts alone (facts/vsphere-encryption.md section 4), with node:crypto and
// without a line of the product: what another program would have to do.
import { createDecipheriv, createHmac } from 'node:crypto';

/** What a descriptor shows to whoever reads it. */
export interface DescriptorFacts {
  readonly keyId: string;
  readonly providerId: string;
  readonly locked: Buffer;
  readonly extentFileName: string;
}

const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Reads the KEK's ID and the locked data from the descriptor's text. */
export function readDescriptor(text: string): DescriptorFacts {
  const locator =
    /^encryptionKeys\s*=\s*"vmware:key\/list\/\(pair\/\(fqid\/<VMWARE-NULL>\/([^/]+)\/([^,]+),HMAC%2dSHA%2d256,([^)]+)\)\)"/m;
  const [, providerId = '', keyId = '', locked = ''] = locator.exec(text) ?? [];
  const [, extentFileName = ''] = /^RW \d+ VMFS "([^"]+)"/m.exec(text) ?? [];
  return {
    keyId: unescaped(keyId),
    providerId: unescaped(providerId),
    locked: Buffer.from(unescaped(locked), 'base64'),
    extentFileName,
  };
}

/** Opens locked data: IV (16), AES-256-CBC, HMAC-SHA-256 (32) over the plaintext with the same key. Null: not this key. */
export function unlock(locked: Buffer, kek: Uint8Array): Buffer | null {
  const decipher = createDecipheriv('aes-256-cbc', kek, locked.subarray(0, 16));
  try {
    const plain = Buffer.concat([decipher.update(locked.subarray(16, -32)), decipher.final()]);
    return createHmac('sha256', kek).update(plain).digest().equals(locked.subarray(-32)) ? plain : null;
  } catch {
    return null;
  }
}

/** The 64 bytes of the DEK in an opened crypto dictionary, `type=key:cipher=XTS-AES-256:key=BASE64...`. */
export function dekOf(dictionary: Buffer): Buffer {
  const [, text = ''] = /^type=key:cipher=XTS-AES-256:key=([^:]+)/.exec(dictionary.toString('latin1')) ?? [];
  return Buffer.from(unescaped(text), 'base64');
}

/** Decrypts one data unit by OpenSSL's own XTS. */
export function decryptUnit(dek: Uint8Array, unit: Uint8Array, index: bigint): Buffer {
  const tweak = Buffer.alloc(16);
  tweak.writeBigUInt64LE(index);
  const decipher = createDecipheriv('aes-256-xts', dek, tweak);
  return Buffer.concat([decipher.update(unit), decipher.final()]);
}
