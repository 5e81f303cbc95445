/**
 * A lock on an NFS 3 datastore: `.lck-<16 hex digits>` in the VM's folder, 84 bytes. Published: the name is the locked
 * file's ID in little-endian order (KB 340515: `.lck-e003090001000000` is inode 0x1000903e0); 01 00 00 00 at 0x10, the
 * holder's host name from 0x14 (KB 340515, KB 1007909). What is before 0x10 is ours:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0x00 | 8 | updates so far: changes while the holder lives (ours) |
 * | 0x08 | 8 | the last half of the holder's UUID (ours): which of two hosts of one name |
 * | 0x10 | 4 | 1; in a record of a lock that nobody has, 0 (ours: on NFS there is no file then) |
 * | 0x14 | 64 | host name of the holder, NULs to the end |
 */
import type { HostUuid } from '@vcryptsim/ports';
import { sameBytes } from './atomic-record.js';
import { nameIn, putName, uuidToBytes } from './sector-fields.js';

export interface NfsLock {
  readonly updates: number;
  /** Null: free. */
  readonly holder: { readonly hostName: string; readonly uuidEnd: Uint8Array } | null;
}

const SIZE_BYTES = 84;
const NAME_BYTES = SIZE_BYTES - 0x14;

/** What of a host's UUID is in its locks. */
export function uuidEndOf(uuid: HostUuid): Uint8Array {
  return uuidToBytes(uuid).subarray(8);
}

export function formatNfsLock({ updates, holder }: NfsLock): Uint8Array {
  const bytes = new Uint8Array(SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x00, BigInt(updates), true);
  if (holder === null) return bytes;
  bytes.set(holder.uuidEnd, 0x08);
  view.setUint32(0x10, 1, true);
  putName(bytes, 0x14, NAME_BYTES, holder.hostName);
  return bytes;
}

/** Null when it is no lock of this form. */
export function parseNfsLock(bytes: Uint8Array): NfsLock | null {
  if (bytes.length !== SIZE_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isHeld = view.getUint32(0x10, true);
  if (isHeld > 1) return null;
  const holder = { hostName: nameIn(bytes, 0x14, NAME_BYTES), uuidEnd: bytes.slice(0x08, 0x10) };
  return { updates: Number(view.getBigUint64(0x00, true)), holder: isHeld === 1 ? holder : null };
}

/** Whether this host wrote it, in whichever boot. */
export function isHeldBy({ holder }: NfsLock, uuid: HostUuid, hostName: string): boolean {
  if (holder === null) return false;
  const known = parseNfsLock(formatNfsLock({ updates: 0, holder: { hostName, uuidEnd: uuidEndOf(uuid) } }))?.holder;
  return holder.hostName === known?.hostName && sameBytes(holder.uuidEnd, known.uuidEnd);
}

/** Name of the lock file of the file with that ID. */
export function nfsLockNameOf(fileId: bigint): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, fileId), true);
  return `.lck-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
