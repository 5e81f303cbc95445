import { type FileSystem, folderOf, makeFolders } from '@vcryptsim/ports';

const CHUNK_BYTES = 256 * 1024;

/**
 * Copies what is in a folder into another, durably: files and folders, and nothing else. Who wrote a file meanwhile may
 * find a part of it in the copy, as with any backup of what runs.
 *
 * @param from null copies nothing: the folder is made
 * @param to is made where it is missing; files of the same names there are in the way
 * @throws FileError, EXISTS for a file that is in the way
 */
export async function copyFolder(files: FileSystem, from: string | null, to: string): Promise<void> {
  await makeFolders(files, to);
  for (const name of from === null ? [] : await files.readdir(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    const { kind } = await files.lstat(source);
    if (kind === 'folder') await copyFolder(files, source, target);
    else if (kind === 'file') await copyFile(files, source, target);
  }
  await files.fsyncFolder(to);
  await files.fsyncFolder(folderOf(to));
}

/** Copies one file, durably but for its folder's entry. @throws FileError, EXISTS for a file that is in the way */
export async function copyFile(files: FileSystem, from: string, to: string): Promise<void> {
  const source = await files.open(from, { access: 'read' });
  try {
    const target = await files.open(to, { access: 'write', create: 'exclusive' });
    const buffer = new Uint8Array(CHUNK_BYTES);
    try {
      for (let atBytes = 0; ; ) {
        const count = await source.pread(buffer, atBytes);
        if (count === 0) break;
        await target.pwrite(buffer.subarray(0, count), atBytes);
        atBytes += count;
      }
      await target.fsync();
    } finally {
      // What vCenter keeps for itself is in it too.
      buffer.fill(0);
      await target.close();
    }
  } finally {
    await source.close();
  }
}
