import { FileError, type FileSystem, folderOf } from '@vcryptsim/ports';
import { type FileOperation, MemoryFileSystem } from '@vcryptsim/simkit';

/** A medium as a cut may leave it, and after which operation it was. */
export interface CutState {
  readonly files: MemoryFileSystem;
  readonly afterOperation: number;
  readonly what: string;
}

/**
 * Every state that a cut can leave behind: after each operation, and inside each write at several places. Operations
 * here are always followed by their fsync before anything else happens, so the order of writes is the medium's too.
 *
 * @param folder made beforehand, as it was when the recording began
 */
export async function* cutStates(operations: readonly FileOperation[], folder: string): AsyncGenerator<CutState> {
  for (let count = 0; count <= operations.length; count++) {
    const done = operations.slice(0, count);
    yield { files: await replay(done, folder), afterOperation: count, what: `after ${done.at(-1)?.kind ?? 'nothing'}` };
    const next = operations[count];
    if (next?.kind !== 'write') continue;
    for (const keptBytes of new Set([1, 5, 16, 47, 48, 49, next.bytes.length >> 1, next.bytes.length - 1])) {
      if (keptBytes <= 0 || keptBytes >= next.bytes.length) continue;
      const torn = { ...next, bytes: next.bytes.subarray(0, keptBytes) };
      yield { files: await replay([...done, torn], folder), afterOperation: count, what: `write torn at ${keptBytes}` };
      // The length may be on the medium before the bytes are: the rest reads as zeros.
      const zeros = new Uint8Array(next.bytes.length);
      zeros.set(torn.bytes);
      const hollow = { ...next, bytes: zeros };
      yield {
        files: await replay([...done, hollow], folder),
        afterOperation: count,
        what: `write hollow at ${keptBytes}`,
      };
    }
  }
}

async function replay(operations: readonly FileOperation[], folder: string): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  await files.mkdir(folder);
  await replayOnto(files, operations);
  return files;
}

/** Does again what was recorded. */
export async function replayOnto(files: FileSystem, operations: readonly FileOperation[]): Promise<void> {
  for (const operation of operations) await apply(files, operation);
}

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

async function apply(files: FileSystem, operation: FileOperation): Promise<void> {
  switch (operation.kind) {
    case 'create':
      return (await files.open(operation.path, { access: 'write', create: 'if-missing' })).close();
    case 'write':
    case 'truncate': {
      const handle = await files.open(operation.path, { access: 'write' });
      if (operation.kind === 'write') await handle.pwrite(operation.bytes, operation.offsetBytes);
      else await handle.truncate(operation.sizeBytes);
      return handle.close();
    }
    case 'rename':
      return files.rename(operation.from, operation.to);
    case 'link':
      return files.link(operation.from, operation.to);
    case 'unlink':
      return files.unlink(operation.path);
    case 'mkdir':
      return files.mkdir(operation.path);
    case 'rmdir':
      return files.rmdir(operation.path);
    case 'fsync':
    case 'fsync-folder':
      return;
  }
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
