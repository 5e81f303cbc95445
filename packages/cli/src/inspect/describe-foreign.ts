import { basename } from 'node:path';
import type { FileEnds, FileKind } from '@vcryptsim/hypervisor/formats';
import { formatBytes } from '../terminal/byte-progress.js';
import type { FileReport } from './file-report.js';
import { describeSample, sampleData } from './sample-data.js';

/** A report on a file of which only its kind is known. */
function plainReport(
  file: string,
  format: string,
  encrypted: boolean | null,
  sizeBytes: number,
  ...notes: string[]
): FileReport {
  const value = formatBytes(sizeBytes);
  const whole = [{ name: 'the whole file', value }];
  const [clear, sealed] = encrypted === true ? [[], whole] : [whole, []];
  return { file, format, encrypted, clear: encrypted === null ? [] : clear, sealed, keys: [], notes };
}

/** Kinds that are encrypted by what they are. */
const ENCRYPTED: ReadonlySet<string> = new Set(['luks', 'bitlocker', 'dmg-encrypted']);

/** Says what a file is that is recognised by its bytes and not read any further. */
export function describeKind(kind: FileKind, ends: FileEnds, file: string): FileReport {
  const { sizeBytes } = ends;
  if (kind.id === 'envelope') return plainReport(file, kind.name, true, sizeBytes, 'Envelopes are not read yet.');
  if (ENCRYPTED.has(kind.id)) return plainReport(file, kind.name, true, sizeBytes, kind.next(file));
  return plainReport(file, kind.name, null, sizeBytes, kind.next(file));
}

/** Files of a VM that have no mark, by the end of their names. */
const BY_NAME: readonly (readonly [end: RegExp, format: string, encrypted: boolean | null, note: string])[] = [
  [/\.log$/i, 'log of a VM (.log)', false, 'Logs are never encrypted. Nothing secret should be in one.'],
  [/\.vmxf$/i, 'additional configuration of a VM (.vmxf)', false, 'It names teams and VM packages, never a key.'],
  [/\.vmem$/i, 'memory of a VM (.vmem)', null, 'It has not the header of an encrypted one: it may be in clear.'],
  [/\.vms[sn]$/i, 'saved state of a VM', null, 'Its header is not known here.'],
  [/\.vswp$/i, 'swap file of a VM (.vswp)', null, 'The VM tells: its swap is encrypted when the VM is.'],
  [/\.vmfd$/i, 'sidecar of an IO filter (.vmfd)', null, 'Its layout is not published.'],
  [/\.(?:scoreboard|hlog|vmtm)$/i, 'working file of a VM', false, 'It holds no guest data.'],
  [/\.lck$|^\.lck-/i, 'lock of a file', false, 'It names the host that has the file open.'],
  [/-ctk\.vmdk$/i, 'change-tracking file of a VMDK', null, 'Its mark is missing: it may be cut short.'],
];

/** Says what a file is by its name, where its bytes have no mark; null when the name says nothing either. */
export function describeByName(ends: FileEnds, file: string): FileReport | null {
  const { sizeBytes } = ends;
  const name = basename(file);
  const found = BY_NAME.find(([end]) => end.test(name));
  if (found === undefined) return null;
  const [, format, encrypted, note] = found;
  if (!/\.(?:vmem|vswp)$/i.test(name)) return plainReport(file, format, encrypted, sizeBytes, note);
  const sample = sampleData(ends);
  // What compresses is no ciphertext; what does not may be either.
  const isClear = encrypted === null && sample.clearBlocks > 0 ? false : encrypted;
  return plainReport(file, format, isClear, sizeBytes, note, describeSample(sample));
}
