import type { KeyObject } from 'node:crypto';
import { privateKeyFromPem, privateKeyToPem } from '@vcryptsim/pki';
import { exists, type FileSystem, folderOf, makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';

const ENTRY_LIMIT_BYTES = 64 * 1024;
const PRIVATE_KEY_BEGIN = new TextEncoder().encode('-----BEGIN PRIVATE KEY-----');

/**
 * Writes a public part (PEM) and its private key (PKCS#8 in PEM) into one file, mode 0600, so that no cut can part the
 * two. The folder is made when it is missing. The key never is a string.
 *
 * @throws FileError
 */
export async function writeKeyEntry(
  files: FileSystem,
  path: string,
  publicPem: string,
  privateKey: KeyObject,
): Promise<void> {
  const lead = new TextEncoder().encode(publicPem);
  const key = privateKeyToPem(privateKey);
  const entry = new Uint8Array(lead.length + key.length);
  entry.set(lead);
  entry.set(key, lead.length);
  try {
    await makeFolders(files, folderOf(path));
    await replaceFile(files, path, entry);
  } finally {
    key.fill(0);
    entry.fill(0);
  }
}

/**
 * Reads what {@link writeKeyEntry} wrote, or answers null when there is no such file.
 *
 * @param read makes something of the public part and the key; whatever it throws means that the entry is damaged
 * @param damaged makes the error for a file that is there and cannot be read
 * @throws what `damaged` made; FileError
 */
export async function readKeyEntry<T>(
  files: FileSystem,
  path: string,
  read: (publicPem: string, privateKey: KeyObject) => T,
  damaged: () => Error,
): Promise<T | null> {
  if (!(await exists(files, path))) return null;
  const entry = await readWhole(files, path, ENTRY_LIMIT_BYTES);
  try {
    const keyAt = indexOf(entry, PRIVATE_KEY_BEGIN);
    // Only the public part becomes a string; the key stays in a buffer that can be zeroed.
    return read(new TextDecoder().decode(entry.subarray(0, keyAt)), privateKeyFromPem(entry.subarray(keyAt)));
  } catch {
    throw damaged();
  } finally {
    entry.fill(0);
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return bytes.length;
}
