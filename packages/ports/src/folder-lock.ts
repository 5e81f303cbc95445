/** A folder that is locked by us. */
export interface FolderLock {
  /** Gives the folder free. A second call does nothing. The end of the process, however it comes, does it too. */
  release(): Promise<void>;
}

/** Who has the folder instead. */
export interface LockHolder {
  /** Its process ID, as that process sees it; null when it is too busy to say. */
  readonly pid: number | null;
  /** What it does there; null when it is too busy to say. */
  readonly purpose: string | null;
}

/** The one lock of the house: at most one process at a time has a folder. */
export interface FolderLocks {
  /**
   * Takes a folder if nobody has it. A lock whose process is gone, whatever its ID, counts as free.
   *
   * @param folder absolute path; it and the folders above it are created if it is missing
   * @param purpose what is done with it, in letters, for the message that another process shows: `serve`
   * @throws FileError, with operation `lock` when the medium cannot hold the lock
   */
  take(folder: string, purpose: string): Promise<FolderLock | { readonly holder: LockHolder }>;
}
