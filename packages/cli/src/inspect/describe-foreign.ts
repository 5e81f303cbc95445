import { basename } from 'node:path';
import { descriptorBeside, encryptedObjectOf, type FileEnds, type FileKind } from '@vcryptsim/hypervisor/formats';
import { CliError, EXIT } from '../exit.js';
import { formatBytes } from '../terminal/byte-progress.js';
import type { FileReport } from './file-report.js';

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
  const object = encryptedObjectOf(ends.head);
  if (object !== null) {
    const note = 'The key is sealed in the .vmx of the VM. The layout is not published, so nothing more is read.';
    return plainReport(file, `${kind.name}, ${formatBytes(object.contentBytes)} inside`, true, sizeBytes, note);
  }
  if (kind.id === 'state') {
    const note = 'It is in clear: configuration, devices and, where it was saved with memory, every key the guest had.';
    return plainReport(file, kind.name, false, sizeBytes, note);
  }
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

/**
 * Says what a file is by its name, where its bytes have no mark; null when the name says nothing either.
 *
 * @throws CliError for the data of a disk: its descriptor is what tells
 */
export function describeByName({ sizeBytes }: FileEnds, file: string): FileReport | null {
  const name = basename(file);
  const found = BY_NAME.find(([end]) => end.test(name));
  if (found !== undefined) return plainReport(file, found[1], found[2], sizeBytes, found[3]);
  const descriptor = descriptorBeside(file);
  if (descriptor === null) return null;
  const next = `Its descriptor tells whether these bytes are encrypted; inspect that: ${descriptor}`;
  throw new CliError(EXIT.environment, `${file} is the data of a disk, or a part of it.`, next);
}
