import { FileError, type FileErrorCode } from '../../file-system.js';

// POSIX.1-2024 <errno.h>; what is not here is IO.
const CODES: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  EEXIST: 'EXISTS',
  EACCES: 'NOT_PERMITTED',
  EPERM: 'NOT_PERMITTED',
  EROFS: 'READ_ONLY',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  ELOOP: 'IS_LINK',
  EMLINK: 'IS_LINK', // FreeBSD's answer to O_NOFOLLOW
  EISDIR: 'IS_FOLDER',
  ENOTDIR: 'NOT_A_FOLDER',
  ENOTEMPTY: 'NOT_EMPTY',
  EMFILE: 'TOO_MANY_OPEN',
  ENFILE: 'TOO_MANY_OPEN',
  EFBIG: 'TOO_LARGE',
  EOVERFLOW: 'TOO_LARGE',
  EBADF: 'CLOSED',
};

/** Says in our words what the system said. An error that is ours already passes through. */
export function fileErrorOf(error: unknown, operation: string, path: string): unknown {
  if (error instanceof FileError || !(error instanceof Error) || !('code' in error)) return error;
  return new FileError(CODES[String(error.code)] ?? 'IO', operation, path);
}
