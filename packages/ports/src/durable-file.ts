import { FileError, type FileSystem } from './file-system.js';

/** Folder of an absolute path. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** Says whether something stands at `path` (a link counts). */
export async function exists(files: Pick<FileSystem, 'lstat'>, path: string): Promise<boolean> {
  try {
    await files.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}

/** Makes a folder and those above it that are missing, and makes their entries durable. */
export async function makeFolders(files: FileSystem, path: string): Promise<void> {
  if (path === '/' || (await exists(files, path))) return;
  await makeFolders(files, folderOf(path));
  try {
    await files.mkdir(path);
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'EXISTS')) throw error;
  }
  await files.fsyncFolder(folderOf(path));
}

/**
 * Reads a whole file into a buffer of its own.
 *
 * @param limitBytes the largest size that makes sense for this file
 * @throws FileError TOO_LARGE when the file is larger, else as the calls underneath
 */
export async function readWhole(
  files: Pick<FileSystem, 'open'>,
  path: string,
  limitBytes: number,
): Promise<Uint8Array> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const sizeBytes = await handle.sizeBytes();
    if (sizeBytes > limitBytes) throw new FileError('TOO_LARGE', 'read', path);
    const bytes = new Uint8Array(sizeBytes);
    const count = await handle.pread(bytes, 0);
    return bytes.subarray(0, count);
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file's content so that after a cut at any moment either the old or the new content stands there, whole:
 * write beside it, fsync, rename over it, fsync the folder. A leftover `PATH.new` of an earlier cut is replaced.
 *
 * @throws FileError, the old content is untouched then: IS_LINK, IS_FOLDER or NOT_A_FILE for what is no plain file, over
 *   which nothing is renamed
 */
export async function replaceFile(files: FileSystem, path: string, content: Uint8Array, mode = 0o600): Promise<void> {
  await replaceFileUnsynced(files, path, content, mode);
  await files.fsyncFolder(folderOf(path));
}

/**
 * The same but for the fsync of the folder, for several files of one folder: until that comes, a cut leaves the old content or
 * the new, whole, and nobody knows which.
 *
 * @throws FileError as {@link replaceFile}
 */
export async function replaceFileUnsynced(
  files: FileSystem,
  path: string,
  content: Uint8Array,
  mode = 0o600,
): Promise<void> {
  await refuseAllButFiles(files, path);
  const beside = `${path}.new`;
  if (await exists(files, beside)) await files.unlink(beside);
  const handle = await files.open(beside, { access: 'write', create: 'exclusive', mode });
  try {
    await handle.pwrite(content, 0);
    await handle.fsync();
  } catch (error) {
    await handle.close();
    await files.unlink(beside).catch(() => {});
    throw error;
  }
  await handle.close();
  await files.rename(beside, path);
}

async function refuseAllButFiles(files: FileSystem, path: string): Promise<void> {
  if (!(await exists(files, path))) return;
  const { kind } = await files.lstat(path);
  if (kind === 'file') return;
  throw new FileError(({ link: 'IS_LINK', folder: 'IS_FOLDER', other: 'NOT_A_FILE' } as const)[kind], 'replace', path);
}
