import { FORMAT, type Frame } from '../../src/store/journal-format.js';
import { decodeHead } from '../../src/store/journal-head.js';

/** A frame of a journal in memory. */
export interface FrameInBytes {
  readonly frame: Frame;
  readonly startBytes: number;
  readonly endBytes: number;
  readonly bytes: Uint8Array;
}

/** Length of the head of a journal in memory. */
export function headEnd(journal: Uint8Array): number {
  const head = decodeHead(journal);
  if (!head) throw new Error('no head');
  return head.endBytes;
}

/** The frames of a journal in memory, whether or not they follow each other. */
export function framesIn(journal: Uint8Array): FrameInBytes[] {
  const found: FrameInBytes[] = [];
  for (let startBytes = headEnd(journal); startBytes < journal.length; ) {
    const lengthBytes = FORMAT.measure(journal.subarray(startBytes));
    const bytes = journal.slice(startBytes, startBytes + (lengthBytes ?? 0));
    const frame = lengthBytes === null ? null : FORMAT.decode(bytes);
    if (!frame) break;
    found.push({ frame, startBytes, endBytes: startBytes + bytes.length, bytes });
    startBytes += bytes.length;
  }
  return found;
}

/** The materials that can be read in a journal in memory, by their object's identifier. */
export function wholeMaterials(journal: Uint8Array): string[] {
  const entries = framesIn(journal).flatMap(({ frame }) => frame.entries);
  return entries.flatMap((entry) => (entry.kind === 'material' && entry.condition === 'whole' ? [entry.id] : []));
}
