import type { FileSystem } from '@vcryptsim/ports';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * The whole lines of an audit log, in order; a last line without its end is being written or was cut, and is left out.
 *
 * @param path `DIR/audit.jsonl`
 * @throws FileError
 */
export async function* auditLines(files: FileSystem, path: string): AsyncGenerator<string> {
  const handle = await files.open(path, { access: 'read' });
  try {
    let rest = new Uint8Array(0);
    for (let offsetBytes = 0; ; ) {
      const chunk = new Uint8Array(rest.length + CHUNK_BYTES);
      chunk.set(rest);
      const count = await handle.pread(chunk.subarray(rest.length), offsetBytes);
      if (count === 0) return;
      offsetBytes += count;
      const filled = chunk.subarray(0, rest.length + count);
      let from = 0;
      for (let at = filled.indexOf(NEWLINE); at >= 0; at = filled.indexOf(NEWLINE, from)) {
        yield new TextDecoder().decode(filled.subarray(from, at));
        from = at + 1;
      }
      rest = filled.slice(from);
    }
  } finally {
    await handle.close();
  }
}
