import { readEnds, recognizeFile } from '@vcryptsim/hypervisor/formats';
import { FileError, type FileSystem } from '@vcryptsim/ports';

/**
 * What there is to say of a disk image that is taken as it is, although its first bytes are those of something: a LUKS
 * container, a CD. Null for all others, and for what cannot be read, which the run itself tells.
 *
 * @param path absolute
 * @param shown the path as the user wrote it
 */
export async function diskContentNote(files: FileSystem, path: string, shown: string): Promise<string | null> {
  try {
    const kind = recognizeFile(await readEnds(files, path));
    if (kind?.role !== 'content') return null;
    return `${shown} is ${kind.name}. It is taken byte by byte, as the content of a raw disk.\n`;
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
