import * as fs from 'node:fs';
import * as pool from 'node:fs/promises';

/** What a handle of the system can do; short reads and writes are the caller's matter. */
export interface OsFile {
  read(buffer: Uint8Array, startBytes: number, positionBytes: number): Promise<number>;
  write(buffer: Uint8Array, startBytes: number, positionBytes: number): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  sync(): Promise<void>;
  stat(): Promise<fs.Stats>;
  close(): Promise<void>;
}

/** The calls of the system that files need, made in one of two ways. */
export interface OsCalls {
  open(path: string, flags: number, mode: number): Promise<OsFile>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, mode: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<fs.Stats>;
  stat(path: string): Promise<fs.Stats>;
  statfs(path: string): Promise<{ readonly bavail: number; readonly bsize: number }>;
}

/** Made at once, before the call returns; the promise is settled already. Order of work is order of calls. */
export const syncCalls: OsCalls = {
  open: async (path, flags, mode) => {
    const fd = fs.openSync(path, flags, mode);
    return {
      read: async (buffer, start, position) => fs.readSync(fd, buffer, start, buffer.length - start, position),
      write: async (buffer, start, position) => fs.writeSync(fd, buffer, start, buffer.length - start, position),
      truncate: async (sizeBytes) => fs.ftruncateSync(fd, sizeBytes),
      sync: async () => fs.fsyncSync(fd),
      stat: async () => fs.fstatSync(fd),
      close: async () => fs.closeSync(fd),
    };
  },
  rename: async (from, to) => fs.renameSync(from, to),
  link: async (from, to) => fs.linkSync(from, to),
  unlink: async (path) => fs.unlinkSync(path),
  mkdir: async (path, mode) => void fs.mkdirSync(path, mode),
  rmdir: async (path) => fs.rmdirSync(path),
  readdir: async (path) => fs.readdirSync(path),
  lstat: async (path) => fs.lstatSync(path),
  stat: async (path) => fs.statSync(path),
  statfs: async (path) => fs.statfsSync(path),
};

/** Made by libuv's threads, so that a slow disk does not stop the process. */
export const pooledCalls: OsCalls = {
  open: async (path, flags, mode) => {
    const file = await pool.open(path, flags, mode);
    return {
      read: async (buffer, start, position) =>
        (await file.read(buffer, start, buffer.length - start, position)).bytesRead,
      write: async (buffer, start, position) =>
        (await file.write(buffer, start, buffer.length - start, position)).bytesWritten,
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => file.sync(),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  },
  rename: pool.rename,
  link: pool.link,
  unlink: pool.unlink,
  mkdir: async (path, mode) => void (await pool.mkdir(path, mode)),
  rmdir: (path) => pool.rmdir(path),
  readdir: (path) => pool.readdir(path),
  lstat: (path) => pool.lstat(path),
  stat: (path) => pool.stat(path),
  statfs: (path) => pool.statfs(path),
};
