import { FileError, type FileSystem, folderOf } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';

/** Every file below a folder, by path, and every folder, whose content is null. */
export async function treeOf(files: FileSystem, folder: string): Promise<Map<string, Uint8Array | null>> {
  const found = new Map<string, Uint8Array | null>();
  for (const name of (await files.readdir(folder)).sort()) {
    const path = `${folder}/${name}`;
    const isFolder = (await files.lstat(path)).kind === 'folder';
    found.set(path, isFolder ? null : await contentOf(files, path));
    if (isFolder) for (const [inner, content] of await treeOf(files, path)) found.set(inner, content);
  }
  return found;
}

/** A file system of its own with the same files. */
export async function copyOfTree(
  tree: ReadonlyMap<string, Uint8Array | null>,
  folder: string,
): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.mkdir(folder);
  for (const [path, content] of tree) {
    if (content === null) await files.mkdir(path);
    else await overwrite(files, path, content);
  }
  return files;
}

/** Content of a file, or null if there is none. */
export async function contentOf(files: FileSystem, path: string): Promise<Uint8Array | null> {
  try {
    const handle = await files.open(path, { access: 'read' });
    const bytes = new Uint8Array(await handle.sizeBytes());
    await handle.pread(bytes, 0);
    await handle.close();
    return bytes;
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** Puts bytes in place of a file's. */
export async function overwrite(files: FileSystem, path: string, content: Uint8Array): Promise<void> {
  await files.readdir(folderOf(path));
  const handle = await files.open(path, { access: 'write', create: 'if-missing' });
  await handle.truncate(0);
  await handle.pwrite(content, 0);
  await handle.close();
}
