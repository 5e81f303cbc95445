import { constants, type Stats } from 'node:fs';
import {
  FileError,
  type FileHandle,
  type FileKind,
  type FileStatus,
  type FileSystem,
  type OpenOptions,
} from '../../file-system.js';
import { type OsCalls, pooledCalls, syncCalls } from './os-calls.js';
import { fileErrorOf } from './os-file-error.js';
import { OsFileHandle } from './os-file-handle.js';
import { openPipe } from './pipe-content.js';

/** How {@link OsFileSystem} calls the system. */
export interface OsFileSystemOptions {
  /**
   * `sync` (default) makes each call at once behind a settled promise: nothing is ever in flight, so it fits a virtual
   * clock, and single calls are up to 24 times cheaper (facts/virtual-time.md section 3). `pool` uses libuv's threads,
   * one call at a time per path, for servers in real time.
   */
  readonly mode?: 'sync' | 'pool';
  /**
   * Files that the user names on the command line: these absolute paths, or all of them. There a link is followed, as
   * mounted secrets, `live/` folders of certificates and `<(...)` are links, and a pipe is read to its end (16 MiB at
   * most). Only reading is meant: what is opened for writing is treated as everywhere else.
   */
  readonly named?: 'all' | readonly string[];
}

const BLOCK_SIZE_BYTES = 512; // st_blocks counts in these, whatever the medium's own block

/**
 * The operating system's files. Never follows a link as the last component, and opens nothing but regular files,
 * unless the user named the file ({@link OsFileSystemOptions.named}).
 */
export class OsFileSystem implements FileSystem {
  readonly #calls: OsCalls;
  readonly #turns: PathTurns | null;
  readonly #named: 'all' | ReadonlySet<string>;

  constructor(options: OsFileSystemOptions = {}) {
    const pooled = options.mode === 'pool';
    this.#calls = pooled ? pooledCalls : syncCalls;
    this.#turns = pooled ? new PathTurns() : null;
    this.#named = options.named === 'all' ? 'all' : new Set(options.named);
  }

  open(path: string, options: OpenOptions): Promise<FileHandle> {
    return this.#call('open', [path], async () => {
      const follows = options.access === 'read' && this.#isNamed(path);
      // Asked before it is opened: to open a pipe and close it again would tell its writer that nobody reads.
      if (follows && (await this.#calls.stat(path)).isFIFO()) return openPipe(path);
      const flags = openFlags(options) & (follows ? ~constants.O_NOFOLLOW : ~0);
      const file = await this.#calls.open(path, flags, options.mode ?? 0o600);
      const kind = kindOf(await file.stat());
      if (kind !== 'file') {
        await file.close();
        throw new FileError(kind === 'folder' ? 'IS_FOLDER' : 'NOT_A_FILE', 'open', path);
      }
      return new OsFileHandle(file, path, options.access === 'write', (work) => this.#inTurn([path], work));
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', [from, to], () => this.#calls.rename(from, to));
  }

  link(from: string, to: string): Promise<void> {
    return this.#call('link', [from, to], () => this.#calls.link(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#call('unlink', [path], () => this.#calls.unlink(path));
  }

  mkdir(path: string, mode = 0o700): Promise<void> {
    return this.#call('mkdir', [path], () => this.#calls.mkdir(path, mode));
  }

  rmdir(path: string): Promise<void> {
    return this.#call('rmdir', [path], () => this.#calls.rmdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#call('readdir', [path], async () => (await this.#calls.readdir(path)).sort());
  }

  lstat(path: string): Promise<FileStatus> {
    return this.#call('lstat', [path], async () => {
      const stats = await this.#statusOf(path);
      return {
        kind: kindOf(stats),
        sizeBytes: stats.size,
        allocatedBytes: stats.blocks * BLOCK_SIZE_BYTES,
        fileId: BigInt(stats.ino),
        mode: stats.mode & 0o7777,
        // Windows has no such users.
        isAnothers: process.geteuid !== undefined && stats.uid !== 0 && stats.uid !== process.geteuid(),
      };
    });
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#call('statfs', [path], async () => {
      const { bavail, bsize } = await this.#calls.statfs(path);
      return { freeBytes: bavail * bsize };
    });
  }

  fsyncFolder(path: string): Promise<void> {
    return this.#call('fsync', [path], async () => {
      const folder = await this.#calls.open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW, 0);
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    });
  }

  #isNamed(path: string): boolean {
    return this.#named === 'all' || this.#named.has(path);
  }

  /** Of a named file what its link leads to; of a link that leads nowhere the link itself. */
  async #statusOf(path: string): Promise<Stats> {
    const stats = await this.#calls.lstat(path);
    if (!stats.isSymbolicLink() || !this.#isNamed(path)) return stats;
    return this.#calls.stat(path).catch(() => stats);
  }

  async #call<T>(operation: string, paths: readonly string[], work: () => Promise<T>): Promise<T> {
    try {
      return await this.#inTurn(paths, work);
    } catch (error) {
      const ours = fileErrorOf(error, operation, paths[0] ?? '');
      const isLoop = ours instanceof FileError && ours.code === 'IS_LINK' && this.#isNamed(ours.path);
      throw isLoop ? new FileError('LINK_LOOP', operation, ours.path) : ours;
    }
  }

  #inTurn<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.#turns ? this.#turns.run(paths, work) : work();
  }
}

/** One call at a time per path: threads of the pool would race for a file. */
class PathTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    const result = Promise.all(paths.map((path) => this.#last.get(path))).then(work);
    const ended = result.catch(() => {});
    for (const path of paths) this.#last.set(path, ended);
    void ended.then(() => {
      for (const path of paths) if (this.#last.get(path) === ended) this.#last.delete(path);
    });
    return result;
  }
}

function openFlags(options: OpenOptions): number {
  // O_NONBLOCK: opening a pipe must not wait for its other end before we can refuse it.
  const access = options.access === 'write' ? constants.O_RDWR : constants.O_RDONLY;
  const create = {
    never: 0,
    'if-missing': constants.O_CREAT,
    exclusive: constants.O_CREAT | constants.O_EXCL,
  }[options.create ?? 'never'];
  return access | create | constants.O_NOFOLLOW | constants.O_NONBLOCK;
}

function kindOf(stats: Stats): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}
