/**
 * A lock on a VMFS datastore: one sector. Published: it has mode, owner UUID and heartbeat address (KB 330024), its type
 * reads 10c00001 and its modes are 0 free, 1 exclusive, 2 read-only, 3 multi-writer (KB 10051). The places of the fields
 * are ours, and so is the address: the number of the owner's slot, which with the owner's UUID is its file's name.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0x00 | 4 | type: 0x10c00001 |
 * | 0x04 | 4 | mode: 0 or 1 |
 * | 0x08 | 16 | owner: UUID of the host; zeros where free |
 * | 0x18 | 8 | heartbeat: generation of the owner's slot |
 * | 0x20 | 8 | mtime: milliseconds since 1970 |
 *
 * Little endian; the rest of 512 bytes is zeros.
 */
import type { HostUuid } from '@vcryptsim/ports';
import { uuidIn, uuidToBytes } from './sector-fields.js';

export interface VmfsLock {
  /** Null: free. */
  readonly owner: { readonly uuid: HostUuid; readonly slot: number } | null;
  readonly timeMs: number;
}

const SECTOR_BYTES = 512;
const TYPE = 0x10c00001;

export function formatVmfsLock({ owner, timeMs }: VmfsLock): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x00, TYPE, true);
  view.setUint32(0x04, owner === null ? 0 : 1, true);
  if (owner !== null) {
    bytes.set(uuidToBytes(owner.uuid), 0x08);
    view.setBigUint64(0x18, BigInt(owner.slot), true);
  }
  view.setBigUint64(0x20, BigInt(Math.trunc(timeMs)), true);
  return bytes;
}

/** Null when it is no lock of this form. */
export function parseVmfsLock(bytes: Uint8Array): VmfsLock | null {
  if (bytes.length !== SECTOR_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const mode = view.getUint32(0x04, true);
  if (view.getUint32(0x00, true) !== TYPE || mode > 1) return null;
  const owner = { uuid: uuidIn(bytes, 0x08), slot: Number(view.getBigUint64(0x18, true)) };
  return { owner: mode === 0 ? null : owner, timeMs: Number(view.getBigUint64(0x20, true)) };
}
