import { endsOf, type FileEnds, TEXT_FILE_LIMIT_BYTES } from '@vcryptsim/hypervisor/formats';
import { exists, FileError, type FileHandle, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';
import { describeFile } from './describe-file.js';
import type { FileReport } from './file-report.js';

/** A report, with the size of the file. */
export interface SizedReport {
  readonly sizeBytes: number;
  readonly report: FileReport;
}

/**
 * Opens a file once, and says what it shows. What the user names may be a pipe, which is read once.
 *
 * @param path absolute
 * @param file name for the report and for errors
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, NOT_SUPPORTED; CliError for what is no file of a VM; FileError
 */
export async function reportOn(files: FileSystem, path: string, file: string): Promise<SizedReport> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const ends = await endsOf(handle);
    const beside = async (name: string): Promise<Uint8Array | null> => {
      const other = `${folderOf(path)}/${name}`;
      return (await exists(files, other)) ? await readWhole(files, other, TEXT_FILE_LIMIT_BYTES) : null;
    };
    const report = await describeFile(ends, () => wholeOf(handle, ends, path), file, beside);
    return { sizeBytes: ends.sizeBytes, report };
  } finally {
    await handle.close();
  }
}

async function wholeOf(handle: FileHandle, { sizeBytes }: FileEnds, path: string): Promise<Uint8Array> {
  if (sizeBytes > TEXT_FILE_LIMIT_BYTES) throw new FileError('TOO_LARGE', 'read', path);
  const bytes = new Uint8Array(sizeBytes);
  return bytes.subarray(0, await handle.pread(bytes, 0));
}
