import { exists, type FileSystem } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

const OTHERS_WRITE = 0o022;
const OTHERS_ANY = 0o077;

/** Folders and files that only their owner may change. */
const CHANGED_BY_OWNER = ['', '/store', '/store/journal', '/audit.jsonl', '/clients', '/followers', '/pki', '/link'];
/** Private keys, which only their owner may read. */
const READ_BY_OWNER = ['/pki/ca.key', '/pki/server.key', '/pki/server-ec.key', '/link/key.pem'];
/** In the folder of each client and follower: who changes these is let in, or shuts others out. */
const CHANGED_BY_OWNER_OF_EACH = ['', '/cert.pem', '/authority.pem'];
/** And who reads these can be that client, or knows what the password is checked by. */
const READ_BY_OWNER_OF_EACH = ['/key.pem', '/password'];

/**
 * Says which parts of a key server's folder others than their owner may use: change what is kept, or read a root key,
 * a private key or what a password is checked by; and which parts belong to another user, who may do so whatever the
 * permissions are. What is not there, and what has no permissions, is fine.
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
  const each = [...(await foldersIn(files, `${folder}/clients`)), ...(await foldersIn(files, `${folder}/followers`))];
  const under = (tops: readonly string[], names: readonly string[]) =>
    tops.flatMap((top) => names.map((name) => `${top}${name}`));
  const found: (string | null)[] = [];
  for (const path of [...under([folder], CHANGED_BY_OWNER), ...under(each, CHANGED_BY_OWNER_OF_EACH)]) {
    found.push(await loose(files, path, { others: OTHERS_WRITE, may: 'change', command: 'chmod go-w' }));
  }
  for (const path of [rootKeyPath, ...under([folder], READ_BY_OWNER), ...under(each, READ_BY_OWNER_OF_EACH)]) {
    found.push(await loose(files, path, { others: OTHERS_ANY, may: 'read', command: 'chmod 600' }));
  }
  return found.filter((sentence) => sentence !== null);
}

/** Refuses a folder of which {@link looseFiles} found something. Throws KmsError FOLDER_OPEN. */
export function refuseLoose(found: readonly string[]): void {
  const [first] = found;
  if (first === undefined) return;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  throw new KmsError('FOLDER_OPEN', `${first}${more}`, 'Change the permissions, or start without --strict.');
}

async function loose(
  files: FileSystem,
  path: string,
  o: { readonly others: number; readonly may: string; readonly command: string },
): Promise<string | null> {
  if (!(await exists(files, path))) return null;
  const { kind, mode = 0, isAnothers = false } = await files.lstat(path);
  // A link has no permissions of its own; what reads the file says that it is one.
  if (kind === 'link') return null;
  if (isAnothers) return `Another user owns ${path}, and may ${o.may} it: chown it to the user who runs the server`;
  if ((mode & o.others) === 0) return null;
  return `Others may ${o.may} ${path} (mode ${octal(mode)}): ${o.command} ${path}`;
}

/** Paths of what is in a folder; none where it is missing or is none, which the start says better. */
async function foldersIn(files: FileSystem, folder: string): Promise<string[]> {
  if (!(await exists(files, folder)) || (await files.lstat(folder)).kind !== 'folder') return [];
  const paths = (await files.readdir(folder)).map((name) => `${folder}/${name}`);
  const kinds = await Promise.all(paths.map(async (path) => (await files.lstat(path)).kind));
  return paths.filter((_, at) => kinds[at] === 'folder');
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
