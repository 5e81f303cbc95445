import { type FileSystem, readWhole } from '@vcryptsim/ports';

/** Every file below a folder by path, its bytes as latin1 text, and every folder, as null. */
export async function treeOf(files: FileSystem, folder = ''): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for (const name of await files.readdir(folder === '' ? '/' : folder)) {
    const path = `${folder}/${name}`;
    if (path.length > 200) throw new Error(`a folder is in itself: ${path}`);
    if ((await files.lstat(path)).kind === 'folder') Object.assign(found, { [path]: null }, await treeOf(files, path));
    else found[path] = Buffer.from(await readWhole(files, path, 2 ** 20)).toString('latin1');
  }
  return found;
}

/** Opens for writing, makes the file if it is missing, writes at `offsetBytes`, and syncs if told. */
export async function put(
  files: FileSystem,
  path: string,
  content: string | Uint8Array,
  { at = 0, sync = false }: { readonly at?: number; readonly sync?: boolean } = {},
): Promise<void> {
  const handle = await files.open(path, { access: 'write', create: 'if-missing' });
  await handle.pwrite(typeof content === 'string' ? Buffer.from(content, 'latin1') : content, at);
  if (sync) await handle.fsync();
  await handle.close();
}
