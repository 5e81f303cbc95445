import { FileWindow, framesFrom } from '@vcryptsim/durable-log';
import type { FileHandle, KeyId } from '@vcryptsim/ports';
import { FORMAT, type Frame } from '../store/journal-format.js';
import { decodeHead1, FORMAT_1 } from '../store/journal-format-1.js';
import { decodeHead, HEAD_BYTES_MAX } from '../store/journal-head.js';
import { factsOf } from '../store/sealed-record.js';
import { KmsError } from '../terms/errors.js';

/**
 * A journal up to its last whole frame, a frame in memory at a time. The server may be writing the next one, and may be
 * overwriting the material of an object that is destroyed meanwhile: then frames are copied on until the record of its
 * end is among them, which was durable before that.
 *
 * @param check looks at the store's facts before anything is copied
 * @throws KmsError STORE_DAMAGED; what `check` throws; FileError
 */
export async function* journalChunks(
  handle: FileHandle,
  check: (facts: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let source = new FileWindow(handle, await handle.sizeBytes());
  const start = (await source.view(0, HEAD_BYTES_MAX)).slice();
  const head = decodeHead(start);
  const oldHead = decodeHead1(start);
  const known = head ?? oldHead;
  if (!known) throw damaged();
  check(known.facts);
  yield start.slice(0, known.endBytes);
  if (oldHead) {
    for await (const { bytes } of framesFrom(source, known.endBytes, FORMAT_1)) yield bytes;
    return;
  }
  const unresolved = new Set<KeyId>();
  let copiedBytes = known.endBytes;
  for (let before = -1; copiedBytes !== before; ) {
    before = copiedBytes;
    for await (const { frame, bytes, endBytes } of framesFrom(source, copiedBytes, FORMAT)) {
      yield bytes;
      note(frame, unresolved);
      copiedBytes = endBytes;
    }
    if (unresolved.size === 0) return;
    source = new FileWindow(handle, await handle.sizeBytes());
  }
}

/** Notes which materials were found overwritten, and which objects were found to have ended. */
function note({ entries }: Frame, unresolved: Set<KeyId>): void {
  for (const entry of entries) {
    if (entry.kind === 'material') {
      if (entry.condition !== 'whole') unresolved.add(entry.id);
      continue;
    }
    const { id, hasMaterial } = factsOf(entry.record);
    if (!hasMaterial) unresolved.delete(id);
  }
}

function damaged(): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    'The journal has no head: vcryptsim did not write it, or it was changed.',
    'Keep a copy of it, and restore the folder from a backup.',
  );
}
