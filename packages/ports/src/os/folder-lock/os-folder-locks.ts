import { mkdirSync } from 'node:fs';
import { assert } from '../../assert.js';
import { FileError } from '../../file-system.js';
import type { FolderLock, FolderLocks, LockHolder } from '../../folder-lock.js';
import { fileErrorOf } from '../os-file-system/os-file-error.js';
import { takeByOpen } from './lock-by-open.js';
import { takeBySocket } from './lock-by-socket.js';

/** Systems whose open(2) takes a lock by itself: O_EXLOCK. */
const LOCK_BY_OPEN = ['darwin', 'freebsd', 'openbsd', 'netbsd'];

/** Folder locks that the kernel ends with the process that holds them (docs/decisions/0011-one-lock.md). */
export class OsFolderLocks implements FolderLocks {
  readonly #takeIn: typeof takeBySocket;

  /** @param platform as `process.platform` names it; it decides the way */
  constructor(platform: string = process.platform) {
    this.#takeIn = LOCK_BY_OPEN.includes(platform) ? takeByOpen : takeBySocket;
  }

  async take(folder: string, purpose: string): Promise<FolderLock | { readonly holder: LockHolder }> {
    assert(/^[a-z-]{1,32}$/.test(purpose), 'a purpose is a short word');
    const place = `${folder}/lock`;
    makeFolder(folder);
    makeFolder(place);
    try {
      return await this.#takeIn(place, purpose);
    } catch (error) {
      throw fileErrorOf(error, 'lock', folder);
    }
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // mkdir(2) says EEXIST for a file that is there, which is no advice to somebody who never asked for a new folder.
    const isFile = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isFile ? new FileError('NOT_A_FOLDER', 'lock', path, 'ENOTDIR') : fileErrorOf(error, 'lock', path);
  }
}
