import { type KeyObject, X509Certificate } from 'node:crypto';
import { certificatesFromFile, PkiError, privateKeyFromFile } from '@vcryptsim/pki';
import { type FileSystem, readWhole, type TlsIdentity } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import type { KeyServerAccessFiles } from '../topology/external-kms.js';

const FILE_BYTES_MAX = 256 * 1024;
const PASSWORD_BYTES_MAX = 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What those files hold. */
export interface KeyServerAccess {
  readonly identity: TlsIdentity;
  /** DER. */
  readonly trusted: readonly Uint8Array[];
  /** The password (UTF-8) is the caller's to zero. */
  readonly credential: { readonly username: string; readonly password: Uint8Array } | null;
}

/**
 * Reads certificate, private key, authorities and password. Keys and passwords never become strings.
 *
 * @throws LabError BAD_CREDENTIALS naming the file; FileError
 */
export async function readKeyServerAccess(files: FileSystem, paths: KeyServerAccessFiles): Promise<KeyServerAccess> {
  const chain = await readCertificates(files, paths.cert);
  const trusted = await readCertificates(files, paths.ca);
  const bytes = await readWhole(files, paths.key, FILE_BYTES_MAX);
  try {
    const identity = { chain, privateKey: told(() => privateKeyFromFile(bytes, paths.key)) };
    const [leaf] = chain;
    if (!leaf || !new X509Certificate(leaf).checkPrivateKey(identity.privateKey)) {
      throw new LabError('BAD_CREDENTIALS', mismatch(chain, identity.privateKey, paths));
    }
    return { identity, trusted, credential: await readCredential(files, paths) };
  } finally {
    bytes.fill(0);
  }
}

/** A chain in the wrong order is told from the key of another certificate. */
function mismatch(chain: readonly Uint8Array[], key: KeyObject, paths: KeyServerAccessFiles): string {
  const at = chain.findIndex((der) => new X509Certificate(der).checkPrivateKey(key));
  return at < 0
    ? `The private key in ${paths.key} is not that of ${paths.cert}.`
    : `The private key in ${paths.key} is that of certificate ${at + 1} of ${paths.cert}. Put that certificate first, then its issuers.`;
}

async function readCertificates(files: FileSystem, path: string): Promise<Uint8Array[]> {
  const bytes = await readWhole(files, path, FILE_BYTES_MAX);
  return told(() => certificatesFromFile(bytes, path));
}

async function readCredential(
  files: FileSystem,
  { user, passwordFile }: KeyServerAccessFiles,
): Promise<KeyServerAccess['credential']> {
  if (user === undefined) return null;
  if (passwordFile === undefined) {
    throw new LabError(
      'BAD_CREDENTIALS',
      `User ${user} needs a password. Name a file whose first line is the password.`,
    );
  }
  const bytes = await readWhole(files, passwordFile, PASSWORD_BYTES_MAX);
  try {
    const end = bytes.indexOf(LINE_FEED);
    const line = end < 0 ? bytes : bytes.subarray(0, end);
    return { username: user, password: line.slice(0, line.at(-1) === CARRIAGE_RETURN ? -1 : undefined) };
  } finally {
    bytes.fill(0);
  }
}

function told<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError) throw new LabError('BAD_CREDENTIALS', error.message);
    throw error;
  }
}
