// What is on a medium: its files, and one digest of them.
import { createHash } from 'node:crypto';
import { type FileSystem, readWhole } from '@vcryptsim/ports';

const FILE_BYTES_MAX = 2 ** 28;

/** Every file and folder by path, in order; a folder has no bytes. */
export async function* entriesOf(
  files: FileSystem,
  folder = '/',
): AsyncGenerator<{ readonly path: string; readonly bytes: Uint8Array | null }> {
  for (const name of await files.readdir(folder)) {
    const path = folder === '/' ? `/${name}` : `${folder}/${name}`;
    if ((await files.lstat(path)).kind === 'folder') {
      yield { path, bytes: null };
      yield* entriesOf(files, path);
    } else {
      yield { path, bytes: await readWhole(files, path, FILE_BYTES_MAX) };
    }
  }
}

/** SHA-256 over the paths and contents of all files: two images are the same state where this is the same. */
export async function digestOf(files: FileSystem, isCounted: (path: string) => boolean = () => true): Promise<string> {
  const hash = createHash('sha256');
  for await (const { path, bytes } of entriesOf(files)) {
    if (!isCounted(path)) continue;
    hash.update(`${path}\0${bytes === null ? 'folder' : bytes.length}\0`);
    if (bytes !== null) hash.update(bytes);
  }
  return hash.digest('base64');
}
