import { FileError, type FileErrorCode } from '../../file-system.js';

// POSIX.1-2024 <errno.h>; what is not here is IO.
const CODES: ReadonlyMap<string, FileErrorCode> = new Map<string, FileErrorCode>(
  Object.entries({
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
    ENXIO: 'NOT_A_FILE', // a socket that is opened by its name
    ENODEV: 'NOT_A_FILE',
    ENOTEMPTY: 'NOT_EMPTY',
    EMFILE: 'TOO_MANY_OPEN',
    ENFILE: 'TOO_MANY_OPEN',
    EFBIG: 'TOO_LARGE',
    EOVERFLOW: 'TOO_LARGE',
    EBADF: 'CLOSED',
  }),
);

/** Says in our words what the system said. An error that is ours already passes through. */
export function fileErrorOf(error: unknown, operation: string, path: string): unknown {
  if (error instanceof FileError || !(error instanceof Error) || !('code' in error)) return error;
  const systemCode = String(error.code);
  return new FileError(CODES.get(systemCode) ?? 'IO', operation, path, systemCode);
}
