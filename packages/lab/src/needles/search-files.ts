import type { FileSystem } from '@vcryptsim/ports';
import { ByteScanner, type FileMatch, type ScanNeedle, scanFolder } from '@vcryptsim/simkit/scan';

/** Searches every byte of every file under some folders; a folder without needles to look for is not read. */
export async function searchFolders(
  files: FileSystem,
  needles: readonly ScanNeedle[],
  folders: readonly string[],
): Promise<FileMatch[]> {
  if (needles.length === 0) return [];
  const matches: FileMatch[] = [];
  for (const folder of folders) {
    for await (const match of scanFolder(files, folder, new ByteScanner(needles))) matches.push(match);
  }
  return matches;
}
