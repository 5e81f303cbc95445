/** Takes the files of a backup that is being made. Nobody sees a container before `finish`. */
export interface BackupWriter {
  /** Adds a file. Throws KmsError BACKUP_TOO_LARGE; FileError. */
  add(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes everything durable and gives it its name. Throws FileError. */
  finish(): Promise<void>;
  /** Takes away what was written. */
  discard(): Promise<void>;
}

/** Gives the files of a backup. */
export interface BackupReader {
  /** Size of a file, or null when there is none of that name. Throws FileError. */
  sizeBytes(path: string): Promise<number | null>;
  /** A file's bytes in chunks. Throws FileError. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** One piece of bytes as chunks. */
export async function* inOneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * A file of a backup in one piece, for the small ones.
 *
 * @param limitBytes where reading ends: what is longer is cut, and nothing that we wrote is
 */
export async function readAll(reader: BackupReader, path: string, limitBytes = 64 * 1024 * 1024): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of reader.chunks(path)) {
    pieces.push(Uint8Array.from(chunk.subarray(0, limitBytes - sizeBytes)));
    sizeBytes += chunk.length;
    if (sizeBytes >= limitBytes) break;
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

/** The first bytes of a file of a backup. */
export async function readStart(reader: BackupReader, path: string, lengthBytes: number): Promise<Uint8Array> {
  for await (const chunk of reader.chunks(path)) return chunk.slice(0, lengthBytes);
  return new Uint8Array(0);
}
