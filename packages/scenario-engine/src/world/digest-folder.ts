import { createHash } from 'node:crypto';
import { exists, type FileSystem } from '@vcryptsim/ports';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 over the names, sizes and bytes of the files in a folder, lower-case hex; of a folder that is gone, empty. */
export async function digestFolder(files: FileSystem, folder: string): Promise<string> {
  if (!(await exists(files, folder))) return '';
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (const name of [...(await files.readdir(folder))].sort()) {
    const { kind, sizeBytes } = await files.lstat(`${folder}/${name}`);
    hash.update(JSON.stringify([name, kind, sizeBytes]));
    if (kind !== 'file') continue;
    const handle = await files.open(`${folder}/${name}`, { access: 'read' });
    try {
      for (let offset = 0; offset < sizeBytes; ) {
        const count = await handle.pread(buffer, offset);
        if (count === 0) break;
        hash.update(buffer.subarray(0, count));
        offset += count;
      }
    } finally {
      await handle.close();
    }
  }
  return hash.digest('hex');
}
