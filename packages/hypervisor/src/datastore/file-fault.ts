import { FileError } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { alreadyExists, fileDamaged, fileInaccessible } from '../api/faults.js';

/**
 * Turns a failed file call into the host's own refusal; anything else passes through.
 *
 * @param shown the path as people know it: `[datastore] folder/file`
 * @param intent whether the call was there to change something
 */
export function fileFault(error: unknown, shown: string, intent: 'read' | 'write'): unknown {
  if (!(error instanceof FileError)) return error;
  switch (error.code) {
    case 'NO_SPACE':
      return noSpace(shown, error.path);
    case 'READ_ONLY':
      return notWritable(shown, error.path);
    case 'NOT_PERMITTED':
      return intent === 'write' ? notWritable(shown, error.path) : fileInaccessible(shown, error);
    case 'EXISTS':
      return alreadyExists(shown, 'Remove it or choose another name.');
    case 'NOT_FOUND':
      return fileDamaged(shown, 'it is missing');
    case 'IS_LINK':
    case 'LINK_LOOP':
      return fileDamaged(shown, 'it is a link, and links are not followed');
    case 'IS_FOLDER':
    case 'NOT_A_FOLDER':
    case 'NOT_A_FILE':
    case 'NOT_EMPTY':
      return fileDamaged(shown, 'there is a file or folder of another kind');
    case 'TOO_LARGE':
      return fileDamaged(shown, 'it is larger than such a file can be');
    case 'TOO_MANY_OPEN':
    case 'CLOSED':
    case 'IO':
      return fileInaccessible(shown, error);
  }
}

/** The same for a file by which hosts lock: what is wrong with it is nothing that is wrong with the VM's files. */
export function lockFault(error: unknown, shown: string, intent: 'read' | 'write'): unknown {
  const fault = fileFault(error, shown, intent);
  const isOfMedium = fault instanceof HypervisorError && !['FILE_DAMAGED', 'ALREADY_EXISTS'].includes(fault.code);
  return error instanceof FileError && !isOfMedium ? fileInaccessible(shown, error) : fault;
}

/** The datastore has no room. `folder` is the real path. */
export function noSpace(shown: string, folder: string): HypervisorError {
  return new HypervisorError(
    { code: 'NO_SPACE', path: shown },
    `There is no room left for ${shown} (${folder}). Free some space on that medium, or take a smaller disk.`,
  );
}

/** The datastore does not take what is to be written. `path` is the real path. */
export function notWritable(shown: string, path: string): HypervisorError {
  return new HypervisorError(
    { code: 'DATASTORE_NOT_WRITABLE', path: shown },
    `${shown} cannot be written (${path}). Check that the folder is there, and its owner and permissions.`,
  );
}
