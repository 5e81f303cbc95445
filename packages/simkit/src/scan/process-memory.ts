import { FileError, type FileHandle, type FileSystem } from '@vcryptsim/ports';

/** One line of /proc/self/maps (proc_pid_maps(5)): `START-END rwxp OFFSET DEVICE INODE NAME`. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** Sees the memory in pieces; `bytes` are valid during the call. */
export type ChunkVisitor = (bytes: Uint8Array, address: number, region: string) => void;

const MAPS_LINE = /^([0-9a-f]+)-([0-9a-f]+) (r[w-])\S+ \S+ \S+ (\d+) *(.*)$/;

/** Reads the memory of this process, region by region, in ascending order. Linux only. */
export class MemoryReader {
  readonly #memory: FileHandle;
  readonly #regions: readonly Region[];
  readonly #chunk: Uint8Array;

  private constructor(memory: FileHandle, regions: readonly Region[], chunk: Uint8Array) {
    this.#memory = memory;
    this.#regions = regions;
    this.#chunk = chunk;
  }

  /**
   * @param chunk where each piece is read to; it is zeroed between pieces
   * @throws FileError NOT_FOUND where there is no /proc/self/mem
   */
  static async open(files: FileSystem, chunk: Uint8Array): Promise<MemoryReader> {
    const regions = await writableRegions(files, chunk);
    return new MemoryReader(await files.open('/proc/self/mem', { access: 'read' }), regions, chunk);
  }

  async eachChunk(visit: ChunkVisitor): Promise<void> {
    const chunk = this.#chunk;
    for (const { start, end, name } of this.#regions) {
      for (let address = start; address < end; address += chunk.length) {
        const bytes = chunk.subarray(0, Math.min(chunk.length, end - address));
        const count = await this.#memory.pread(bytes, address).catch(unreadable);
        if (count > 0) visit(bytes.subarray(0, count), address, name);
        chunk.fill(0);
      }
    }
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}

// A region may go while we read, and a few of the kernel's own can never be read.
function unreadable(error: unknown): number {
  if (error instanceof FileError && error.code === 'IO') return 0;
  throw error;
}

/** Regions that something may have been written to: not the program's own text. */
async function writableRegions(files: FileSystem, chunk: Uint8Array): Promise<Region[]> {
  const handle = await files.open('/proc/self/maps', { access: 'read' });
  let text = '';
  try {
    const decoder = new TextDecoder();
    for (let position = 0, count = 1; count > 0; position += count) {
      count = await handle.pread(chunk, position);
      text += decoder.decode(chunk.subarray(0, count), { stream: true });
    }
  } finally {
    await handle.close();
  }
  return text.split('\n').flatMap((line) => {
    const [, start = '', end = '', access = '', inode = '', name = ''] = MAPS_LINE.exec(line) ?? [];
    const region = { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), name };
    const isText = inode !== '0' && access === 'r-';
    return Number.isSafeInteger(region.start) && !isText && !name.startsWith('[v') ? [region] : [];
  });
}
