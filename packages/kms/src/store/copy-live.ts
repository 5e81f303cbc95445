import type { Found } from '@vcryptsim/durable-log';
import type { KeyId } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import type { BytesAt } from './journal.js';
import { type Entry, type Frame, type Landing, objectRecord, type Place } from './journal-format.js';
import type { ObjectIndex, Places } from './object-index.js';
import { factsOf } from './sealed-record.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/**
 * Copies what matters still of a journal into a new one, as it is sealed: the materials, then the newest version of each
 * object, in the order in which the objects came, so that the next start knows it.
 *
 * @returns where they are in the new journal
 * @throws KmsError STORE_DAMAGED when the file no longer holds what was written; FileError
 */
export async function copyLive(
  { frames, bytesAt }: { readonly frames: AsyncIterable<Found<Frame>>; readonly bytesAt: BytesAt },
  index: ObjectIndex,
  out: SnapshotWriter,
): Promise<Places> {
  const places: Places = { entries: new Map(), materials: new Map() };
  let versions = 0;
  // All frames are read, so that a changed one is noticed.
  for await (const { frame, bytes, startBytes } of frames) {
    for (const entry of frame.entries) {
      if (entry.kind === 'object') versions += index.isLive(entry, factsOf(entry.record).id, startBytes) ? 1 : 0;
      else if (index.isLive(entry, entry.id, startBytes)) await copyMaterial(entry, bytes, places, out);
    }
  }
  for (const [id, place] of index.entryPlaces()) await copyVersion(id, place, await bytesAt(place), places, out);
  await out.finish();
  const { size } = places.materials;
  if (versions !== index.entries || places.entries.size !== index.entries || size !== index.materials)
    throw unreadable();
  return places;
}

async function copyVersion(id: KeyId, place: Place, bytes: Uint8Array, places: Places, out: SnapshotWriter) {
  const record = objectRecord(bytes);
  if (!record || factsOf(record).id !== id) throw unreadable();
  const { lengthBytes } = place;
  const landed = ({ entriesAt }: Landing) => void places.entries.set(id, { offsetBytes: entriesAt, lengthBytes });
  await out.add({ entries: bytes, materials: new Uint8Array(0) }, { objects: 1, landed });
}

async function copyMaterial(
  { id, condition, sealed, entry, material }: Extract<Entry, { kind: 'material' }>,
  bytes: Uint8Array,
  places: Places,
  out: SnapshotWriter,
) {
  if (condition !== 'whole') throw unreadable();
  const { offsetBytes, lengthBytes } = entry;
  const landed = ({ entriesAt, materialsAt }: Landing) =>
    void places.materials.set(id, {
      entry: { offsetBytes: entriesAt, lengthBytes },
      material: { offsetBytes: materialsAt, lengthBytes: material.lengthBytes },
      condition: 'whole',
    });
  const entries = bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
  await out.add({ entries, materials: sealed }, { objects: 0, landed });
}

function unreadable(): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    'The journal no longer holds what was written into it: it was changed while the server runs, or the disk fails.',
    'Keep a copy of the folder, and restore it from a backup.',
  );
}
