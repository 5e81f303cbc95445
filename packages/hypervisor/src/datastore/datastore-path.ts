import { invalidArgument } from '../api/faults.js';
import { isFileName } from '../formats/file-name.js';

/** One file of a VM's folder on a datastore. */
export interface DatastorePath {
  readonly datastore: string;
  readonly folder: string;
  readonly fileName: string;
}

/**
 * Reads `[datastore] folder/file`.
 *
 * @throws HypervisorError INVALID_ARGUMENT when it is anything else, or would leave the folder
 */
export function parseDatastorePath(text: string): DatastorePath {
  const [, datastore, folder, fileName] = /^\[([^\]]+)\] ([^/]+)\/([^/]+)$/.exec(text) ?? [];
  if (
    datastore === undefined ||
    folder === undefined ||
    fileName === undefined ||
    ![folder, fileName].every(isFileName)
  ) {
    throw invalidArgument('path', 'A path on a datastore is of the form [datastore] folder/file.');
  }
  return { datastore, folder, fileName };
}

/** Writes `[datastore] folder/file`. */
export function formatDatastorePath({ datastore, folder, fileName }: DatastorePath): string {
  return `[${datastore}] ${folder}/${fileName}`;
}
