/**
 * A host's heartbeat slot on a VMFS datastore: one sector. Published: one sector a host, with state (free, in use, being
 * replayed), generation and time stamp (KB 330024). The places of the fields, the magic and all else are ours:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0x00 | 4 | `VHBS` |
 * | 0x04 | 4 | state: 1 free, 2 in use, 3 being replayed |
 * | 0x08 | 8 | generation |
 * | 0x10 | 8 | time stamp: milliseconds since 1970 |
 * | 0x18 | 8 | heartbeats so far: changes where the time of day does not |
 * | 0x20 | 16 | UUID of the host |
 * | 0x30 | 4 | incarnation: which boot |
 * | 0x34 | 76 | name of the host, UTF-8, NULs to the end |
 *
 * Little endian; the rest of 512 bytes is zeros.
 */
import type { HostUuid } from '@vcryptsim/ports';
import { nameIn, putName, uuidIn, uuidToBytes } from './sector-fields.js';

export interface HeartbeatSlot {
  readonly state: 'free' | 'in use' | 'being replayed';
  readonly generation: number;
  readonly timeMs: number;
  readonly beats: number;
  readonly uuid: HostUuid;
  readonly incarnation: number;
  readonly hostName: string;
}

const SECTOR_BYTES = 512;
const MAGIC = 0x53424856; // VHBS
const STATES = ['free', 'in use', 'being replayed'] as const;
const NAME_BYTES = 76;

export function formatHeartbeat(slot: HeartbeatSlot): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x00, MAGIC, true);
  view.setUint32(0x04, STATES.indexOf(slot.state) + 1, true);
  view.setBigUint64(0x08, BigInt(slot.generation), true);
  view.setBigUint64(0x10, BigInt(Math.trunc(slot.timeMs)), true);
  view.setBigUint64(0x18, BigInt(slot.beats), true);
  bytes.set(uuidToBytes(slot.uuid), 0x20);
  view.setUint32(0x30, slot.incarnation, true);
  putName(bytes, 0x34, NAME_BYTES, slot.hostName);
  return bytes;
}

/** Null when it is no slot of this form. */
export function parseHeartbeat(bytes: Uint8Array): HeartbeatSlot | null {
  if (bytes.length !== SECTOR_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const state = STATES[view.getUint32(0x04, true) - 1];
  if (view.getUint32(0x00, true) !== MAGIC || state === undefined) return null;
  return {
    state,
    generation: Number(view.getBigUint64(0x08, true)),
    timeMs: Number(view.getBigUint64(0x10, true)),
    beats: Number(view.getBigUint64(0x18, true)),
    uuid: uuidIn(bytes, 0x20),
    incarnation: view.getUint32(0x30, true),
    hostName: nameIn(bytes, 0x34, NAME_BYTES),
  };
}
