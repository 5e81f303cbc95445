import type { Found } from '@vcryptsim/durable-log';
import type { KeyId } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { Entry, Frame, Landing, Place } from './journal-format.js';
import type { ObjectIndex, Places } from './object-index.js';
import { factsOf } from './sealed-record.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/**
 * Copies what matters still of a journal's frames into a new journal, as it is sealed: of each object the newest version
 * and the material, in the order in which they are.
 *
 * @returns where they are in the new journal
 * @throws KmsError STORE_DAMAGED when the file no longer holds what was written; FileError
 */
export async function copyLive(
  frames: AsyncIterable<Found<Frame>>,
  index: ObjectIndex,
  out: SnapshotWriter,
): Promise<Places> {
  const places: Places = { entries: new Map(), materials: new Map() };
  for await (const { frame, bytes, startBytes } of frames) {
    for (const entry of frame.entries) {
      const id = entry.kind === 'material' ? entry.id : factsOf(entry.record).id;
      if (index.isLive(entry, id, startBytes)) await copyEntry(entry, id, bytes, places, out);
    }
  }
  await out.finish();
  if (places.entries.size !== index.entries || places.materials.size !== index.materials) throw unreadable();
  return places;
}

async function copyEntry(entry: Entry, id: KeyId, bytes: Uint8Array, places: Places, out: SnapshotWriter) {
  const bytesAt = ({ offsetBytes, lengthBytes }: Place) => bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
  const { lengthBytes } = entry.entry;
  if (entry.kind === 'object') {
    const landed = ({ entriesAt }: Landing) => void places.entries.set(id, { offsetBytes: entriesAt, lengthBytes });
    await out.add({ entries: bytesAt(entry.entry), materials: new Uint8Array(0) }, { objects: 1, landed });
    return;
  }
  if (entry.condition !== 'whole') throw unreadable();
  const landed = ({ entriesAt, materialsAt }: Landing) =>
    void places.materials.set(id, {
      entry: { offsetBytes: entriesAt, lengthBytes },
      material: { offsetBytes: materialsAt, lengthBytes: entry.material.lengthBytes },
      condition: 'whole',
    });
  await out.add({ entries: bytesAt(entry.entry), materials: entry.sealed }, { objects: 0, landed });
}

function unreadable(): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    'The journal no longer holds what was written into it: it was changed while the server runs, or the disk fails.',
    'Keep a copy of the folder, and restore it from a backup.',
  );
}
