import { exists, type FileHandle, type FileSystem } from '@vcryptsim/ports';

/** Writes a file beside its place, makes its content durable and renames it there; an error leaves what was there. Throws FileError. */
export async function publishFile<T>(
  { files, path }: { readonly files: FileSystem; readonly path: string },
  write: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const beside = `${path}.new`;
  if (await exists(files, beside)) await files.unlink(beside);
  const handle = await files.open(beside, { access: 'write', create: 'exclusive' });
  try {
    const made = await write(handle);
    await handle.fsync();
    await files.rename(beside, path);
    return made;
  } catch (error) {
    await handle.close();
    await files.unlink(beside).catch(() => {});
    throw error;
  }
}
