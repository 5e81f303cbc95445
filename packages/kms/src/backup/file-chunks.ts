import type { FileHandle, FileSystem } from '@vcryptsim/ports';

const CHUNK_BYTES = 1024 * 1024;

/** A part of an open file in chunks, in one buffer that the next chunk replaces. Throws FileError. */
export async function* chunksOf(handle: FileHandle, fromBytes: number, toBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, toBytes - fromBytes));
  for (let at = fromBytes; at < toBytes; ) {
    const count = await handle.pread(buffer.subarray(0, Math.min(buffer.length, toBytes - at)), at);
    if (count === 0) return;
    at += count;
    yield buffer.subarray(0, count);
  }
}

/** Writes chunks behind each other into an open file; answers where they end. Throws FileError. */
export async function appendChunks(
  handle: FileHandle,
  fromBytes: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  let at = fromBytes;
  for await (const chunk of chunks) {
    await handle.pwrite(chunk, at);
    at += chunk.length;
  }
  return at;
}

/** Makes a new file of these chunks, durable but for its name. Throws FileError EXISTS and others. */
export async function writeFile(
  files: FileSystem,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  mode = 0o600,
): Promise<void> {
  const handle = await files.open(path, { access: 'write', create: 'exclusive', mode });
  try {
    await appendChunks(handle, 0, chunks);
    await handle.fsync();
  } finally {
    await handle.close();
  }
}
