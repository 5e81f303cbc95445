import { createHash } from 'node:crypto';
import type { RootKey } from '../store/root-key.js';
import { KmsError } from '../terms/errors.js';

/*
 * A backup is a folder, or a tar file (tar-container.ts), that holds of a key server's folder:
 *
 *   audit.jsonl                    as it is, up to its last whole line
 *   store/journal                  as it is, up to its last whole frame: every object sealed by the root key
 *   clients/NAME/cert.pem, authority.pem, ca.pem, revoked     as they are; followers/NAME/ alike
 *   clients/NAME/key.pem.sealed    a client's private key, if it was left there: nonce, AES-256-GCM, tag under the root
 *                                  key, with "vcryptsim kms backup PATH" as additional data
 *   clients/NAME/password.sealed   like key.pem.sealed: who has the hash can try passwords
 *   pki/ca.pem, server.pem, server-ec.pem      as they are
 *   pki/ca.key.sealed, server.key.sealed, server-ec.key.sealed     like key.pem.sealed
 *   store/follower, link/cert.pem, link/ca.pem, link/key.pem.sealed     of a follower: it stays one
 *   backup.json                    {"format":"vcryptsim kms backup 1","takenAtMs":N,
 *                                   "files":[{"path":"audit.jsonl","sizeBytes":N,"sha256":"hex"}, ...]}
 *   backup.seal                    nonce and tag of an empty text sealed by the root key, with the bytes of backup.json
 *                                  as additional data: nobody can slip in a client without the root key
 *
 * The root key is not in it. The two last files are written last, so a backup that a cut left unfinished lacks them. The
 * files are copied in that order from a server that goes on writing: what a line of the audit log promises stands in
 * the journal that is copied after it, and whose an object is stands in the clients.
 */
export const FORMAT = 'vcryptsim kms backup 1';
export const AUDIT = 'audit.jsonl';
export const JOURNAL = 'store/journal';
export const MANIFEST = 'backup.json';
export const SEAL = 'backup.seal';
const SEALED = '.sealed';

const PEER_FILES = ['cert.pem', 'authority.pem', 'ca.pem', 'key.pem', 'password', 'revoked'] as const;
const OWN_FILES = [
  ...['pki/ca.pem', 'pki/server.pem', 'pki/server-ec.pem', 'pki/ca.key', 'pki/server.key', 'pki/server-ec.key'],
  ...['store/follower', 'link/cert.pem', 'link/ca.pem', 'link/key.pem'],
] as const;
const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
const PEER_PATH = new RegExp(`^(?:clients|followers)/${NAME}/(?:${PEER_FILES.join('|')})$`);

/** One file of a backup. */
export interface BackupFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the bytes as they stand in the backup, hex. */
  readonly sha256: string;
}

/** What stands in `backup.json`. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly takenAtMs: number;
  readonly files: readonly BackupFile[];
}

/**
 * Small files of a key server's folder that a backup takes along.
 *
 * @param peers folders of clients and followers: `clients/NAME`, `followers/NAME`
 */
export function smallFiles(peers: readonly string[]): string[] {
  return [...peers.flatMap((folder) => PEER_FILES.map((file) => `${folder}/${file}`)), ...OWN_FILES];
}

/** Says whether a file holds a private key or what leads to a password: in a backup it is sealed. */
export function isPrivate(path: string): boolean {
  return path.endsWith('.key') || path.endsWith('/key.pem') || path.endsWith('/password');
}

/** Path of a private file in a backup. */
export function sealedPath(path: string): string {
  return `${path}${SEALED}`;
}

/** Path in a key server's folder of a file of a backup. */
export function homePath(path: string): string {
  return path.endsWith(SEALED) ? path.slice(0, -SEALED.length) : path;
}

/** What a private file is bound to when it is sealed. */
export function sealContext(path: string): Uint8Array {
  return new TextEncoder().encode(`vcryptsim kms backup ${path}`);
}

/** Bytes of `backup.json` and `backup.seal`. */
export function encodeManifest(manifest: Manifest, rootKey: RootKey): { bytes: Uint8Array; seal: Uint8Array } {
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
  return { bytes, seal: rootKey.seal(new Uint8Array(0), bytes) };
}

/**
 * Reads `backup.json` after its seal was checked.
 *
 * @param from where the backup is, for the message
 * @throws KmsError BACKUP_DAMAGED
 */
export function decodeManifest(bytes: Uint8Array, seal: Uint8Array, rootKey: RootKey, from: string): Manifest {
  if (!rootKey.open(seal, bytes)) throw damaged(from, `its ${MANIFEST} was changed`);
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  if (manifest.format !== FORMAT) throw damaged(from, `it is of another format (${manifest.format})`);
  const stray = manifest.files.find(({ path }) => !isKnown(homePath(path)) || isPrivate(path));
  if (stray) throw damaged(from, `it names ${stray.path}, which is not a file of a backup`);
  return manifest;
}

function isKnown(path: string): boolean {
  const own: readonly string[] = [AUDIT, JOURNAL, ...OWN_FILES];
  return own.includes(path) || PEER_PATH.test(path);
}

/** SHA-256 in hex of a file's chunks. */
export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** A backup that is not what was written. */
export function damaged(from: string, reason: string): KmsError {
  return new KmsError(
    'BACKUP_DAMAGED',
    `The backup ${from} cannot be used: ${reason}.`,
    'Take another backup; nothing was changed.',
  );
}
