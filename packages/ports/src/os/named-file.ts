// Files that a user names for us to write: `--report junit=FILE`, `--json FILE`. Whatever stands there is written through
// and never replaced by another file: no rename over a device, a pipe or a link. Links are followed, as a shell does.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { FileError } from '../file-system.js';
import { fileErrorOf } from './os-file-system/os-file-error.js';

/** What stands where a user wants a file. `output` and `errors` are this process's own two streams. */
export type NamedPlace = 'nothing' | 'file' | 'pipe' | 'device' | 'output' | 'errors';

/** How long a pipe may be without a reader, or full. */
const PIPE_WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/**
 * Says what a file that a user names would be written to, and touches nothing: to be asked before long work.
 *
 * @param path absolute
 * @throws FileError NOT_FOUND when its folder is missing, IS_LINK for a link that leads nowhere, IS_FOLDER, NOT_A_FILE for
 *   a disk or a socket, NOT_PERMITTED and others
 */
export function namedPlace(path: string): NamedPlace {
  return coded(path, () => {
    const there = statOrNull(path);
    if (there === null) {
      if (lstatOrNull(path) !== null) throw new FileError('IS_LINK', 'write', path);
      if (!statSync(dirname(path)).isDirectory()) throw new FileError('NOT_A_FOLDER', 'write', path);
      return 'nothing';
    }
    if (isSame(there, 1)) return 'output';
    if (isSame(there, 2)) return 'errors';
    if (there.isDirectory()) throw new FileError('IS_FOLDER', 'write', path);
    if (there.isFile()) return 'file';
    if (there.isFIFO()) return 'pipe';
    if (there.isCharacterDevice()) return 'device';
    throw new FileError('NOT_A_FILE', 'write', path);
  });
}

/**
 * Writes a file that a user names: through what stands there, or as a new file. A new file that cannot be written whole
 * is taken away again.
 *
 * @param path absolute
 * @param mode permission bits of a new file
 * @returns what stood there before; of `file` the old content is gone
 * @throws FileError as {@link namedPlace}; NO_SPACE; IO with `EPIPE` when nobody reads a pipe
 */
export async function writeNamedFile(path: string, content: Uint8Array, mode = 0o644): Promise<NamedPlace> {
  const place = namedPlace(path);
  try {
    if (place === 'output' || place === 'errors') await writeToStream(place, content);
    else if (place === 'nothing') await writeNew(path, content, mode);
    else await writeThrough(path, place, content);
  } catch (error) {
    throw fileErrorOf(error, 'write', path);
  }
  return place;
}

function writeToStream(place: 'output' | 'errors', content: Uint8Array): Promise<void> {
  const stream = place === 'output' ? process.stdout : process.stderr;
  return new Promise((resolve, reject) => {
    stream.write(content, (error) => (error ? reject(error) : resolve()));
  });
}

async function writeNew(path: string, content: Uint8Array, mode: number): Promise<void> {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await writeAll(fd, content);
    fsyncSync(fd);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function writeThrough(path: string, place: 'file' | 'pipe' | 'device', content: Uint8Array): Promise<void> {
  const fd = await openWriting(path);
  try {
    const now = fstatSync(fd);
    const isStill = { file: now.isFile(), pipe: now.isFIFO(), device: now.isCharacterDevice() }[place];
    if (!isStill) throw new FileError('NOT_A_FILE', 'write', path);
    await writeAll(fd, content);
    if (place !== 'file') return;
    ftruncateSync(fd, content.length);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Opens what is there. A pipe that nobody reads yet is waited for, without a thread that nobody could end. */
async function openWriting(path: string): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch (error) {
      if (codeOf(error) !== 'ENXIO' || waitedMs >= PIPE_WAIT_MS) throw error;
      await wait(LOOK_AGAIN_MS);
    }
  }
}

async function writeAll(fd: number, content: Uint8Array): Promise<void> {
  let waitedMs = 0;
  for (let done = 0; done < content.length; ) {
    try {
      done += writeSync(fd, content, done);
      waitedMs = 0;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || waitedMs >= PIPE_WAIT_MS) throw error;
      await wait(LOOK_AGAIN_MS);
      waitedMs += LOOK_AGAIN_MS;
    }
  }
}

/** The same open thing as one of our streams: `/dev/stdout`, or a file that the shell sends our output to. */
function isSame(there: Stats, stream: 1 | 2): boolean {
  // Every process has the null device and the terminal in common; those are written like other devices.
  if (there.isCharacterDevice()) return false;
  try {
    const ours = fstatSync(stream);
    return ours.dev === there.dev && ours.ino === there.ino;
  } catch {
    return false;
  }
}

function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function coded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileErrorOf(error, 'write', path);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
