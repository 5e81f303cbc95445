import type { FileHandle, OpenOptions } from '@vcryptsim/ports';
import { ForwardingFileSystem } from '@vcryptsim/simkit';

/** Counts what a change of a VM's keys does with files: calls on extents, opening included, and bytes written anywhere. */
export class CountingFiles extends ForwardingFileSystem {
  extentOperations = 0;
  bytesWritten = 0;

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const count = path.endsWith('-flat.vmdk') ? 1 : 0;
    const call = <T>(work: () => Promise<T>): Promise<T> => {
      this.extentOperations += count;
      return work();
    };
    const handle = await call(() => this.inner.open(path, options));
    return {
      pread: (buffer, at) => call(() => handle.pread(buffer, at)),
      pwrite: (buffer, at) => {
        this.bytesWritten += buffer.length;
        return call(() => handle.pwrite(buffer, at));
      },
      truncate: (size) => call(() => handle.truncate(size)),
      fsync: () => call(() => handle.fsync()),
      sizeBytes: () => call(() => handle.sizeBytes()),
      close: () => call(() => handle.close()),
    };
  }

  reset(): void {
    this.extentOperations = 0;
    this.bytesWritten = 0;
  }
}
