import { constants } from 'node:fs';
import * as pool from 'node:fs/promises';
import { FileError, type FileHandle } from '../../file-system.js';
import { fileErrorOf } from './os-file-error.js';

/** A pipe carries what somebody typed or another program made: keys, certificates, messages. Disks are files. */
const PIPE_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a pipe to its end, as `--key <(command)` gives one, and serves what came as a read-only file. Waits for the
 * writer on a thread of the pool. The content is zeroed when the handle is closed.
 *
 * @throws FileError TOO_LARGE beyond 16 MiB, else as the calls underneath
 */
export async function openPipe(path: string): Promise<FileHandle> {
  // No O_NONBLOCK: a named pipe whose writer comes later would seem empty.
  const pipe = await pool.open(path, constants.O_RDONLY);
  const chunks: Uint8Array[] = [];
  try {
    let sizeBytes = 0;
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await pipe.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return new PipeContent(path, joined(chunks, sizeBytes));
      chunks.push(chunk.subarray(0, bytesRead));
      sizeBytes += bytesRead;
      if (sizeBytes > PIPE_BYTES_MAX) throw new FileError('TOO_LARGE', 'read', path);
    }
  } catch (error) {
    throw fileErrorOf(error, 'read', path);
  } finally {
    for (const chunk of chunks) chunk.fill(0);
    await pipe.close();
  }
}

class PipeContent implements FileHandle {
  readonly #path: string;
  readonly #bytes: Uint8Array;
  #closed = false;

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
  }

  async pread(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    this.#refuseIfClosed('read');
    const part = this.#bytes.subarray(offsetBytes, offsetBytes + buffer.length);
    buffer.set(part);
    return part.length;
  }

  async pwrite(): Promise<void> {
    throw new FileError('NOT_PERMITTED', 'write', this.#path);
  }

  async truncate(): Promise<void> {
    throw new FileError('NOT_PERMITTED', 'truncate', this.#path);
  }

  async fsync(): Promise<void> {
    this.#refuseIfClosed('fsync');
  }

  async sizeBytes(): Promise<number> {
    this.#refuseIfClosed('stat');
    return this.#bytes.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bytes.fill(0);
  }

  #refuseIfClosed(operation: string): void {
    if (this.#closed) throw new FileError('CLOSED', operation, this.#path);
  }
}

function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
