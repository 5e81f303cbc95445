import { createHash, type Hash } from 'node:crypto';
import { exists, type FileSystem } from '@vcryptsim/ports';

const CHUNK_BYTES = 1024 * 1024;

/**
 * SHA-256 over the relative path, size and bytes of every file below a folder, in the order of their names; lower-case
 * hex. Of a folder that is gone, empty.
 */
export async function digestFolder(files: FileSystem, folder: string): Promise<string> {
  if (!(await exists(files, folder))) return '';
  const hash = createHash('sha256');
  await addFolder(files, folder, '', hash);
  return hash.digest('hex');
}

async function addFolder(files: FileSystem, folder: string, relative: string, hash: Hash): Promise<void> {
  for (const name of await files.readdir(folder)) {
    const path = `${folder}/${name}`;
    const shown = `${relative}/${name}`;
    const { kind } = await files.lstat(path);
    if (kind === 'folder') await addFolder(files, path, shown, hash);
    else if (kind === 'file') await addFile(files, path, shown, hash);
  }
}

async function addFile(files: FileSystem, path: string, shown: string, hash: Hash): Promise<void> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const sizeBytes = await handle.sizeBytes();
    hash.update(`${shown}\0${sizeBytes}\0`);
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, sizeBytes)));
    for (let offsetBytes = 0; offsetBytes < sizeBytes; ) {
      const count = await handle.pread(buffer, offsetBytes);
      if (count === 0) break;
      hash.update(buffer.subarray(0, count));
      offsetBytes += count;
    }
  } finally {
    await handle.close();
  }
}
