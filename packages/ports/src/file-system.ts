/** What kind of thing a path names; links and devices are only ever reported, never followed. */
export type FileKind = 'file' | 'folder' | 'link' | 'other';

/** Answer of `lstat`. */
export interface FileStatus {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Bytes that the file takes on the medium; less than its size when it has holes. */
  readonly allocatedBytes: number;
  /** What the file system counts the file by (an inode number); the same for all its names; absent where there is none. */
  readonly fileId?: bigint;
  /** Permission bits, such as 0o600; absent where a file system has none. */
  readonly mode?: number;
  /** True when it belongs to a user who is neither the one who asks nor root; absent where a file system has no owners. */
  readonly isAnothers?: boolean;
}

/**
 * How `open` treats a path. A link as the last component is refused (IS_LINK), and so is what is no plain file
 * (NOT_A_FILE); a file system may be told to follow the links that a user names.
 */
export interface OpenOptions {
  /** `read` opens read-only; `write` opens for reading and writing. */
  readonly access: 'read' | 'write';
  /** `never` (default) wants the file to exist; `exclusive` wants it not to exist (EXISTS). */
  readonly create?: 'never' | 'if-missing' | 'exclusive';
  /** Permission bits of a file that is made; default 0o600, because most of ours hold something to protect. */
  readonly mode?: number;
}

/** One open file. Buffers are the caller's own and are read or filled in place. */
export interface FileHandle {
  /** Fills `buffer` from `offsetBytes`; answers how many bytes there were, fewer only at the end of the file. */
  pread(buffer: Uint8Array, offsetBytes: number): Promise<number>;
  /** Writes all of `buffer` at `offsetBytes`, or throws (NO_SPACE after a part is possible). */
  pwrite(buffer: Uint8Array, offsetBytes: number): Promise<void>;
  /** Cuts or extends with a hole to `sizeBytes`. */
  truncate(sizeBytes: number): Promise<void>;
  /** Makes content and length durable. */
  fsync(): Promise<void>;
  sizeBytes(): Promise<number>;
  /** Ends the use of the handle. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Files as everything durable here uses them. Paths are absolute, with `/`. Each call may throw a {@link FileError}
 * and nothing else.
 */
export interface FileSystem {
  open(path: string, options: OpenOptions): Promise<FileHandle>;
  /** Replaces `to` if it exists. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; EXISTS if `to` is taken: the way to publish a file that must not replace another. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes one folder (mode 0o700 unless told); its parent must exist, it must not (EXISTS). */
  mkdir(path: string, mode?: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  /** Names in a folder, sorted by code unit. */
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<FileStatus>;
  /** Free room of the medium under `path`, in bytes. */
  statfs(path: string): Promise<{ readonly freeBytes: number }>;
  /** Makes a folder's entries durable: the step after rename, link, unlink and mkdir. */
  fsyncFolder(path: string): Promise<void>;
}

/** Why a file call failed, whatever the operating system calls it. */
export type FileErrorCode =
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'NOT_PERMITTED'
  | 'READ_ONLY'
  | 'NO_SPACE'
  | 'IS_LINK'
  /** Links that lead back to themselves. */
  | 'LINK_LOOP'
  | 'IS_FOLDER'
  | 'NOT_A_FOLDER'
  /** A device, a socket, or a pipe where a file is wanted. */
  | 'NOT_A_FILE'
  | 'NOT_EMPTY'
  | 'TOO_MANY_OPEN'
  | 'TOO_LARGE'
  | 'CLOSED'
  | 'IO';

/** A file call that failed: what was tried, on which path. */
export class FileError extends Error {
  override readonly name = 'FileError';
  constructor(
    readonly code: FileErrorCode,
    readonly operation: string,
    readonly path: string,
    /** What the system called it, such as `EIO`; none where the code is our own judgement. */
    readonly systemCode?: string,
  ) {
    super(`${operation} ${path}: ${code}${systemCode === undefined ? '' : ` (${systemCode})`}`);
  }
}
