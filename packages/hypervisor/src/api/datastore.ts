/**
 * What kind of storage a datastore is, as the vSphere API spells it (DatastoreSummary.type). It makes no difference to
 * encryption (row S11): the IO filter is above it.
 */
export type DatastoreType = 'VMFS' | 'NFS';

/** A datastore as a host sees it now (DatastoreSummary). */
export interface DatastoreInfo {
  /** The name in `[datastore] folder/file`. */
  readonly name: string;
  readonly type: DatastoreType;
  /** False while its medium does not answer. */
  readonly accessible: boolean;
  /** Room left on its medium; null while that is not accessible. */
  readonly freeBytes: number | null;
}
