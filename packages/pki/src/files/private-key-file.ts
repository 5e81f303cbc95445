import { createPrivateKey, type KeyObject } from 'node:crypto';
import { asPlainText, formOf } from './file-form.js';
import { damagedForm, wrongForm } from './wrong-form.js';

/** PKCS#8, and what RSA and EC keys had before it. */
const DER_TYPES = ['pkcs8', 'pkcs1', 'sec1'] as const;

/**
 * The private key of a file, in PEM or DER, in PKCS#8, PKCS#1 or SEC1, without a passphrase.
 *
 * @param bytes the file's bytes; the caller zeroes them
 * @param file its name, for errors
 * @throws PkiError MALFORMED: what the file is instead, and the command that converts it
 */
export function privateKeyFromFile(bytes: Uint8Array, file: string): KeyObject {
  const plain = asPlainText(bytes);
  try {
    const found = formOf(plain, 'private key');
    if (found.form !== 'private key') throw wrongForm(found, 'private key', file);
    const key = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
    const ways = found.encoding === 'PEM' ? [{ format: 'pem' } as const] : DER_TYPES.map(derOf);
    for (const way of ways) {
      const read = opened({ key, ...way });
      if (read) return read;
    }
    throw damagedForm(found, 'private key', file, '');
  } finally {
    // A copy where the text had to be changed.
    if (plain.buffer !== bytes.buffer) plain.fill(0);
  }
}

function derOf(type: (typeof DER_TYPES)[number]) {
  return { format: 'der', type } as const;
}

function opened(input: Parameters<typeof createPrivateKey>[0]): KeyObject | null {
  try {
    return createPrivateKey(input);
  } catch {
    return null;
  }
}
