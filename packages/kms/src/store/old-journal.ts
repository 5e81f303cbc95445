import { FileWindow, framesFrom, hasFrameAfter } from '@vcryptsim/durable-log';
import type { FileSystem } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import { decodeHead1, FORMAT_1 } from './journal-format-1.js';
import { HEAD_BYTES_MAX } from './journal-head.js';
import { ObjectDirectory } from './object-directory.js';
import type { RootKey } from './root-key.js';
import { checkOrder } from './sealed-record.js';
import { openRecord1 } from './sealed-record-1.js';

/** What a journal of the first format holds. */
export interface OldJournal {
  readonly facts: Uint8Array;
  readonly objects: ObjectDirectory;
  readonly lastNumber: number;
  /** Bytes of a last write that a cut left unfinished. */
  readonly tornBytes: number;
}

/**
 * Reads a journal of the first format; the file stays as it is.
 *
 * @param check looks at the store's facts before anything else is read
 * @returns null when the file is of another format
 * @throws KmsError STORE_DAMAGED; what `check` throws; FileError
 */
export async function readOldJournal(
  o: { readonly files: FileSystem; readonly path: string; readonly rootKey: RootKey },
  check: (facts: Uint8Array) => void,
): Promise<OldJournal | null> {
  const handle = await o.files.open(o.path, { access: 'read' });
  try {
    const source = new FileWindow(handle, await handle.sizeBytes());
    const head = decodeHead1(await source.view(0, HEAD_BYTES_MAX));
    if (!head) return null;
    const facts = head.facts.slice();
    check(facts);
    const objects = new ObjectDirectory();
    let lastNumber = 0;
    let lengthBytes = head.endBytes;
    for await (const { frame, endBytes } of framesFrom(source, head.endBytes, FORMAT_1)) {
      if (lastNumber !== 0 && frame.number !== lastNumber + 1) throw damaged(o.path, lengthBytes);
      for (const record of frame.records) {
        const object = openRecord1(o.rootKey, record);
        checkOrder(objects.get(object.id), object);
        objects.set(object.id, object);
      }
      lastNumber = frame.number;
      lengthBytes = endBytes;
    }
    if (await hasFrameAfter(source, lengthBytes, FORMAT_1)) throw damaged(o.path, lengthBytes);
    return { facts, objects, lastNumber, tornBytes: source.sizeBytes - lengthBytes };
  } finally {
    await handle.close();
  }
}

function damaged(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `${path} is damaged at byte ${offsetBytes}, before its end: keys that were given out cannot be read.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}
