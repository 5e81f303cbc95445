import { PkiError } from '@vcryptsim/pki';
import { FileError, type FileErrorCode } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

/** What is wrong with a client's own file. Others are about the medium or the process, and so about every client. */
const OF_THE_FILE: ReadonlySet<FileErrorCode> = new Set([
  ...(['NOT_PERMITTED', 'IS_LINK', 'LINK_LOOP', 'IS_FOLDER', 'NOT_A_FILE', 'TOO_LARGE'] as const),
]);

/**
 * Why one client's files cannot be read: that client is refused, and the others are served.
 *
 * @param folder of that client, for errors that name none
 * @returns a sentence that names the file or folder
 * @throws the error itself where it is not about that client alone
 */
export function troubleOfOneClient(error: unknown, folder: string): string {
  if (error instanceof PkiError) return error.message;
  if (error instanceof FileError && OF_THE_FILE.has(error.code)) return error.message;
  if (error instanceof KmsError && error.code === 'CLIENT_NAME_INVALID') return `${folder}: ${error.message}`;
  throw error;
}
