import type { SectorCount } from '@vcryptsim/ports';
import type { Extent } from './extent.js';
import type { ExtentFile } from './extent-file.js';
import type { ByteRange } from './range-waits.js';
import { zeroWhatIsNot } from './zeros.js';

/**
 * A `-flat.vmdk`: byte n of the disk is byte n of the file (createType `vmfs`, facts/vmdk.md section 1). It has all of the
 * disk. Of a thin or lazily zeroed disk the file has holes, which read as zeros; nothing else tells one kind from another here.
 */
export class FlatExtent implements Extent {
  readonly capacity: SectorCount;
  readonly #file: ExtentFile;

  constructor(file: ExtentFile, capacity: SectorCount) {
    this.capacity = capacity;
    this.#file = file;
  }

  read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#file.read(buffer, offsetBytes);
  }

  write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#file.write(bytes, offsetBytes);
  }

  async allocatedRanges(offsetBytes: number, lengthBytes: number): Promise<readonly ByteRange[]> {
    return lengthBytes === 0 ? [] : [{ startBytes: offsetBytes, endBytes: offsetBytes + lengthBytes }];
  }

  writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    return zeroWhatIsNot(this, offsetBytes, lengthBytes, (zeros, at) => this.#file.write(zeros, at));
  }

  discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.writeZeroes(offsetBytes, lengthBytes);
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
