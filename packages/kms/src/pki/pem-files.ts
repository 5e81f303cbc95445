import type { KeyObject } from 'node:crypto';
import { certificatesFromFile, certificateToPem, privateKeyFromFile, privateKeyToPem } from '@vcryptsim/pki';
import { exists, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';

const FILE_BYTES_MAX = 64 * 1024;

/**
 * Certificates of a file in their order, in PEM, DER or PKCS#7; null if there is no such file.
 *
 * @throws PkiError MALFORMED, naming the file; FileError
 */
export async function readCertificates(files: FileSystem, path: string): Promise<Uint8Array[] | null> {
  if (!(await exists(files, path))) return null;
  return certificatesFromFile(await readWhole(files, path, FILE_BYTES_MAX), path);
}

/** Replaces a PEM file by these certificates, for everybody to read. */
export function writeCertificates(files: FileSystem, path: string, chain: readonly Uint8Array[]): Promise<void> {
  return replaceFile(files, path, certificatesAsPem(chain), 0o644);
}

/** Content of a PEM file of these certificates. */
export function certificatesAsPem(chain: readonly Uint8Array[]): Uint8Array {
  return new TextEncoder().encode(chain.map(certificateToPem).join(''));
}

/**
 * Private key of a file in PEM or DER.
 *
 * @throws PkiError MALFORMED, naming the file; FileError
 */
export async function readPrivateKey(files: FileSystem, path: string): Promise<KeyObject> {
  const bytes = await readWhole(files, path, FILE_BYTES_MAX);
  try {
    return privateKeyFromFile(bytes, path);
  } finally {
    bytes.fill(0);
  }
}

/** Replaces a PEM file by this private key, for its owner's eyes only (0600). */
export async function writePrivateKey(files: FileSystem, path: string, key: KeyObject): Promise<void> {
  const bytes = privateKeyToPem(key);
  try {
    await replaceFile(files, path, bytes, 0o600);
  } finally {
    bytes.fill(0);
  }
}
