import { isFileName } from './file-name.js';

/** A file of a datastore by its whole path. */
export interface VolumePath {
  readonly datastore: string;
  readonly folder: string;
  readonly fileName: string;
}

/**
 * Reads `/vmfs/volumes/DATASTORE/FOLDER/FILE`, as a VMX and a child's descriptor name a file of another folder
 * (facts/vsphere-formats.md Q2). The datastore is there by its name or by its UUID; here by its name.
 *
 * @returns null for anything else
 */
export function parseVolumePath(text: string): VolumePath | null {
  const [, datastore, folder, fileName] = /^\/vmfs\/volumes\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(text) ?? [];
  if (datastore === undefined || folder === undefined || fileName === undefined) return null;
  return [datastore, folder, fileName].every(isFileName) ? { datastore, folder, fileName } : null;
}

/** Writes what {@link parseVolumePath} reads. */
export function formatVolumePath({ datastore, folder, fileName }: VolumePath): string {
  return `/vmfs/volumes/${datastore}/${folder}/${fileName}`;
}
