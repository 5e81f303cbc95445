import { basename } from 'node:path';
import { type FileEnds, parseHeartbeat, parseNfsLock, parseVmfsLock } from '@vcryptsim/hypervisor/formats';
import { formatBytes } from '../terminal/byte-progress.js';
import type { FileReport, ReportEntry } from './file-report.js';
import { timeOf } from './time-of.js';

const JOURNAL_MAGIC = 'VCREWR01';
const SLOT_BYTES = 4096;

/**
 * Says what a file shows that is there only while something is under way: a lock, a rewrite's journal. Null for others.
 *
 * @param ends of a file that is not empty
 */
export function describeWorkingFile(ends: FileEnds, file: string): FileReport | null {
  return describeJournal(ends, file) ?? describeLock(ends, file) ?? describeSector(ends, file);
}

function describeJournal({ head, sizeBytes }: FileEnds, file: string): FileReport | null {
  const slots = [0, SLOT_BYTES].flatMap((at) => {
    const slot = head.subarray(at, at + 29);
    if (slot.length < 29 || Buffer.from(slot.subarray(0, 8)).toString('latin1') !== JOURNAL_MAGIC) return [];
    const view = new DataView(slot.buffer, slot.byteOffset, slot.length);
    const number = view.getBigUint64(8, true);
    return [{ number, done: view.getBigUint64(16, true), pending: view.getUint32(24, true), way: slot[28] }];
  });
  const newest = slots.sort((a, b) => (a.number < b.number ? 1 : -1))[0];
  if (newest === undefined) return null;
  const clear: ReportEntry[] = [
    { name: 'record', value: String(newest.number) },
    { name: 'done', value: `${newest.done} bytes` },
    { name: 'under way', value: `${newest.pending} bytes` },
    {
      name: 'direction',
      value: newest.way === 0 ? 'to the new keys' : newest.way === 1 ? 'back to the old keys' : `${newest.way}`,
    },
  ];
  const sealed = sizeBytes > 2 * SLOT_BYTES ? [{ name: 'windows', value: 'ciphertext that is being turned over' }] : [];
  const notes = [
    'A rewrite in place was under way when it was written; the next start goes on with it. Do not remove it.',
    'Its records have a MAC under the keys of both sides, which was not checked here: there are no keys.',
  ];
  return { file, format: 'journal of a rewrite in place (.journal)', encrypted: true, clear, sealed, keys: [], notes };
}

function describeLock({ head, sizeBytes }: FileEnds, file: string): FileReport | null {
  const [, digits] = /^\.lck-([0-9a-f]{16})$/i.exec(basename(file)) ?? [];
  if (digits === undefined) return null;
  const format = 'lock of an open file on NFS (.lck-)';
  const id = Buffer.from(digits, 'hex').readBigUInt64LE();
  const clear: ReportEntry[] = [{ name: 'file ID', value: `${id} (0x${id.toString(16)})` }];
  const none = { file, format, encrypted: false, sealed: [], keys: [] } as const;
  const lock = parseNfsLock(head.subarray(0, sizeBytes));
  if (lock === null) {
    return { ...none, clear, notes: [`It has ${formatBytes(sizeBytes)} and not the 84 bytes of a lock.`] };
  }
  clear.push({ name: 'held by', value: lock.holder === null ? 'nobody' : lock.holder.hostName });
  clear.push({ name: 'updates', value: String(lock.updates) });
  const note =
    'The holder renews it every 10 s. One that was not renewed for 35 s is stale, and another host may break it.';
  return { ...none, clear, notes: [note] };
}

/** Records of a VMFS volume that are metadata there and files here: the lock of a file, the heartbeat of a host. */
function describeSector({ head, sizeBytes }: FileEnds, file: string): FileReport | null {
  const bytes = head.subarray(0, sizeBytes);
  const none = { file, encrypted: false, sealed: [], keys: [] } as const;
  const lock = parseVmfsLock(bytes);
  if (lock !== null) {
    const clear = [
      { name: 'held by', value: lock.owner === null ? 'nobody' : `host ${lock.owner.uuid}` },
      ...(lock.owner === null ? [] : [{ name: 'heartbeat', value: `generation ${lock.owner.slot}` }]),
      { name: 'changed', value: timeOf(lock.timeMs) },
    ];
    return { ...none, format: 'lock of a file on VMFS', clear };
  }
  const slot = parseHeartbeat(bytes);
  if (slot === null) return null;
  const clear = [
    { name: 'host', value: `${slot.hostName} (${slot.uuid}), boot ${slot.incarnation}` },
    { name: 'state', value: `${slot.state}, generation ${slot.generation}` },
    { name: 'last beat', value: `${timeOf(slot.timeMs)}, ${slot.beats} so far` },
  ];
  return { ...none, format: 'heartbeat of a host on VMFS', clear };
}
