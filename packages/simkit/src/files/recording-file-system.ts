import type { FileHandle, FileSystem, OpenOptions } from '@vcryptsim/ports';
import { ForwardingFileSystem } from './forwarding-file-system.js';

/** Bytes `startBytes` (included) to `endBytes` (left out) of a file. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** One call that changed something, in the order of the calls; enough to build every state that a cut can leave. */
export type FileOperation =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offsetBytes: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: 'fsync'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'rmdir'; readonly path: string }
  | { readonly kind: 'fsync-folder'; readonly path: string };

/** How {@link RecordingFileSystem} is set up. */
export interface RecordingFileSystemOptions {
  /** Told of each operation after it succeeded. The bytes of a write are a copy. */
  readonly onOperation?: (operation: FileOperation) => void;
}

/** A file system that remembers which bytes were written. */
export class RecordingFileSystem extends ForwardingFileSystem {
  readonly options: RecordingFileSystemOptions;
  constructor(inner: FileSystem, options: RecordingFileSystemOptions = {}) {
    super(inner);
    this.options = options;
  }
  override open(_path: string, _options: OpenOptions): Promise<FileHandle> {
    throw new Error('not yet');
  }
  /** What was written since the last call, per path, in order and joined; forgets it. */
  take(): Map<string, ByteRange[]> {
    throw new Error('not yet');
  }
}
