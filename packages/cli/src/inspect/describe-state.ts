import { ENCOBJ_PAGE_BYTES, encobjSizeBytes, encryptedObjectOf, type FileEnds } from '@vcryptsim/hypervisor/formats';
import { formatBytes } from '../terminal/byte-progress.js';
import type { FileReport, ReportEntry } from './file-report.js';

const HEADER_BYTES = 12;
const ENTRY_BYTES = 80;
const NAME_BYTES = 64;
/** As many as the first 64 KiB hold; real files have about a hundred. */
const GROUPS_SHOWN = 200;

/**
 * Says what a saved state in clear (`.vmsn`, `.vmss`) holds: the names of its groups. They hold configuration, devices,
 * registers and, where memory was kept in the same file, all that the guest had in memory.
 */
export function describeState({ head, sizeBytes }: FileEnds, file: string, name: string): FileReport {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const count = view.getUint32(8, true);
  const clear: ReportEntry[] = [];
  for (let at = 0; at < Math.min(count, GROUPS_SHOWN); at += 1) {
    const start = HEADER_BYTES + at * ENTRY_BYTES;
    if (start + ENTRY_BYTES > head.length) break;
    const bytes = head.subarray(start, start + NAME_BYTES);
    const end = bytes.indexOf(0);
    const group = Buffer.from(bytes.subarray(0, end < 0 ? NAME_BYTES : end)).toString('latin1');
    clear.push({ name: `group ${at + 1}`, value: group === '' ? '(without a name)' : group });
  }
  const notes = [
    'It is in clear: configuration, devices and, where it was saved with memory, every key the guest had.',
  ];
  if (clear.length < count) {
    notes.push(
      clear.length < GROUPS_SHOWN
        ? `It says that it has ${count} groups, and ${clear.length} are there: it may be cut short.`
        : `It has ${count} groups; the first ${clear.length} are shown.`,
    );
  }
  return { file, format: `${name}, ${formatBytes(sizeBytes)}`, encrypted: false, clear, sealed: [], keys: [], notes };
}

/** Says what an encrypted state file shows: its size, and nothing of what is in it. Null when it is none. */
export function describeEncobj({ head, sizeBytes }: FileEnds, file: string, name: string): FileReport | null {
  const object = encryptedObjectOf(head);
  if (object === null) return null;
  const pages = Math.max(0, Math.ceil(sizeBytes / ENCOBJ_PAGE_BYTES) - 1);
  const sealed = [
    { name: 'the whole file', value: formatBytes(sizeBytes) },
    { name: 'pages', value: `${pages}, each with an IV and a MAC of its own` },
  ];
  const notes = [
    "The key is the data key of the VM's own files, sealed in the .vmx of the VM. Its size is all that shows.",
    ...(object.version === 2 ? ['Version 2: memory, which is packed before it is sealed.'] : []),
  ];
  const isWhole = Number.isSafeInteger(object.contentBytes) && encobjSizeBytes(object.contentBytes) === sizeBytes;
  if (!isWhole) notes.push('Its header says another size than it has: it may be cut short, or changed.');
  const inside = Number.isSafeInteger(object.contentBytes)
    ? `${formatBytes(object.contentBytes)} inside`
    : 'of a size that is not possible';
  return { file, format: `${name}, ${inside}`, encrypted: true, clear: [], sealed, keys: [], notes };
}
