import { closeSync, constants, lstatSync, openSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { basename, dirname, relative } from 'node:path';
import type { LocalChannel, LocalSocket } from '../local-socket.js';
import { NetworkError } from '../network.js';

// sun_path of unix(7) holds 108 bytes, the last of them zero.
const PATH_BYTES_MAX = 107;
// All but reading and writing by the owner.
const OWNER_ONLY = 0o177;

/** Unix domain sockets (unix(7)). */
export class UnixSocket implements LocalSocket {
  async connect(path: string): Promise<LocalChannel> {
    const { name, release } = socketName(path);
    try {
      const socket = net.connect({ path: name });
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve).once('error', (error) => reject(localError(error, path)));
      });
      return new UnixChannel(socket);
    } finally {
      release();
    }
  }

  async listen(path: string, onChannel: (channel: LocalChannel) => Promise<void>): Promise<{ close(): Promise<void> }> {
    if (await this.#isServed(path)) throw new NetworkError('ADDRESS_IN_USE', `somebody listens at ${path} already`);
    removeLeft(path);
    const open = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      const channel = new UnixChannel(socket);
      // Whatever one connection's server throws ends that connection only.
      void (async () => onChannel(channel))().catch(() => channel.abort());
    });
    const { name, release } = socketName(path);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('listening', resolve).once('error', (error) => reject(localError(error, path)));
        // The file is made within this call, so there is no moment in which it has a wider mode.
        const umask = process.umask(OWNER_ONLY);
        try {
          server.listen({ path: name });
        } finally {
          process.umask(umask);
        }
      });
    } catch (error) {
      release();
      throw error;
    }
    return {
      close: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          for (const socket of open) socket.destroy();
        }).finally(release),
    };
  }

  async #isServed(path: string): Promise<boolean> {
    try {
      await (await this.connect(path)).close();
      return true;
    } catch (error) {
      if (error instanceof NetworkError && error.code === 'REFUSED') return false;
      throw error;
    }
  }
}

class UnixChannel implements LocalChannel {
  readonly #socket: net.Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#chunks = socket.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
    socket.on('error', () => {}); // reader and writer hear of it by their own calls
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? null : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    } catch {
      throw gone();
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(gone()) : resolve()));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) resolve();
      else this.#socket.end(resolve);
    });
  }

  async abort(): Promise<void> {
    this.#socket.destroy();
  }
}

/**
 * A name for a socket's file that the system takes. A path from the working folder may fit where the absolute one does
 * not; where neither does, Linux knows an open folder by a short name, which is good until it is released.
 */
function socketName(path: string): { name: string; release(): void } {
  const fits = (name: string) => Buffer.byteLength(name) <= PATH_BYTES_MAX;
  const direct = [path, relative(process.cwd(), path)].filter(fits).sort((a, b) => a.length - b.length)[0];
  if (direct !== undefined) return { name: direct, release: () => {} };
  const tooLong = new NetworkError(
    'NAME_TOO_LONG',
    `${path} is too long a name for a socket (${PATH_BYTES_MAX} bytes at most)`,
  );
  if (process.platform !== 'linux' || !fits(`/proc/self/fd/9999/${basename(path)}`)) throw tooLong;
  const fd = openFolder(dirname(path), path);
  return { name: `/proc/self/fd/${fd}/${basename(path)}`, release: () => closeSync(fd) };
}

function openFolder(folder: string, path: string): number {
  try {
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw localError(error, path);
  }
}

/** Removes what an ended process left at a socket's name: a socket, or nothing yet. What holds something is no socket. */
function removeLeft(path: string): void {
  try {
    const there = lstatSync(path);
    if (!there.isSocket() && !(there.isFile() && there.size === 0)) throw notSocket(path);
    unlinkSync(path);
  } catch (error) {
    if (error instanceof NetworkError) throw error;
    if (systemCode(error) !== 'ENOENT') throw localError(error, path);
  }
}

function localError(error: unknown, path: string): NetworkError {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    return new NetworkError('REFUSED', `no program is listening at ${path}`);
  }
  if (code === 'EADDRINUSE') return new NetworkError('ADDRESS_IN_USE', `somebody listens at ${path} already`);
  if (code === 'EACCES' || code === 'EPERM') {
    return new NetworkError(
      'NOT_PERMITTED',
      `${path} may not be used by you; run this as the user who started the server`,
    );
  }
  return new NetworkError('UNREACHABLE', `${path} cannot be used as a socket (${code})`);
}

function notSocket(path: string): NetworkError {
  return new NetworkError('ADDRESS_IN_USE', `${path} is there and is no socket; move it away`);
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function gone(): NetworkError {
  return new NetworkError('RESET', 'the other side closed the connection');
}
