import { exists, type FileSystem } from '@vcryptsim/ports';
import { KmsError } from './errors.js';

const OTHERS_WRITE = 0o022;
const OTHERS_ANY = 0o077;

/** Folders and files that only their owner may change. */
const CHANGED_BY_OWNER = ['', '/store', '/store/journal', '/audit.jsonl', '/clients', '/followers', '/pki', '/link'];
/** Private keys, which only their owner may read. */
const READ_BY_OWNER = ['/pki/ca.key', '/pki/server.key', '/pki/server-ec.key', '/link/key.pem'];

/**
 * Says which parts of a key server's folder others than their owner may use: change what is kept, or read a root key or
 * private key. What is not there, and what has no permissions, is fine.
 *
 * @param rootKeyPath default `DIR/root.key`
 * @returns a sentence for each
 * @throws FileError
 */
export async function looseFiles(
  files: FileSystem,
  folder: string,
  rootKeyPath = `${folder}/root.key`,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of CHANGED_BY_OWNER.map((name) => `${folder}${name}`)) {
    const mode = await modeOf(files, path);
    if ((mode & OTHERS_WRITE) !== 0) found.push(`Others may change ${path} (mode ${octal(mode)}): chmod go-w ${path}`);
  }
  for (const path of [rootKeyPath, ...READ_BY_OWNER.map((name) => `${folder}${name}`)]) {
    const mode = await modeOf(files, path);
    if ((mode & OTHERS_ANY) !== 0) found.push(`Others may read ${path} (mode ${octal(mode)}): chmod 600 ${path}`);
  }
  return found;
}

/** Refuses a folder of which {@link looseFiles} found something. Throws KmsError FOLDER_OPEN. */
export function refuseLoose(found: readonly string[]): void {
  const [first] = found;
  if (first === undefined) return;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  throw new KmsError('FOLDER_OPEN', `${first}${more}`, 'Change the permissions, or start without --strict.');
}

async function modeOf(files: FileSystem, path: string): Promise<number> {
  return (await exists(files, path)) ? ((await files.lstat(path)).mode ?? 0) : 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
