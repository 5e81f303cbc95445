import { parseKeyLocator, Vmx } from '@vcryptsim/hypervisor/formats';
import type { FileReport, ReportEntry, SealedKey } from './file-report.js';
import { keysOf, plainMac, readKeySafe } from './key-safe.js';

const BUNDLE = 'encryption.bundle';
const KEY_SAFE = 'encryption.keySafe';
/** What each sealed entry holds; other entries of encryption are named without a meaning. */
const SEALED: ReadonlyMap<string, string> = new Map([
  [BUNDLE.toLowerCase(), 'the data key of the VM home (NVRAM and other VM files)'],
  [KEY_SAFE.toLowerCase(), 'the key of encryption.data, itself under a password or another key'],
  ['encryption.data', 'the rest of the configuration'],
  ['encryption.encryptedkey', 'a data key, sealed'],
  ['datafilekey', 'the data key of the VM files'],
]);
/** Entries that only an encrypted VM has, beside those that hold something sealed. */
const SIGNS = /^(?:encryption\.|encryptedvm\.|vmx\.encryptiontype$)/;
/** What switches an entry off: a VM without a TPM may say so. */
const OFF = /^\s*(?:false|no|none|0)?\s*$/i;
const VTPM = /^(?:vtpm\.|managedvm\.autoaddvtpm$)/;

/**
 * Says what a VM's configuration shows, whoever wrote it: ESXi's (a bundle), Workstation's and Fusion's (a key safe;
 * the whole configuration or a part of it in `encryption.data`), a template's.
 *
 * @param file name for the report and for errors
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, NOT_SUPPORTED (its encoding)
 */
export function describeVmx(source: Vmx | string, file: string, format = 'configuration of a VM (.vmx)'): FileReport {
  const vmx = typeof source === 'string' ? Vmx.parse(source, file) : source;
  const entries = vmx.entries();
  const has = (pattern: RegExp): boolean =>
    entries.some(([name, value]) => pattern.test(name.toLowerCase()) && !OFF.test(value));
  const sealed = entries.flatMap(([name, value]): ReportEntry[] => {
    const holds = SEALED.get(name.toLowerCase());
    if (holds === undefined) return [];
    return [{ name, value: name.toLowerCase() === 'encryption.data' ? `${holds}${sealedSize(value)}` : holds }];
  });
  const encrypted = sealed.length > 0 || has(SIGNS);
  const hasVtpm = has(VTPM);
  const isPartial = vmx.get('vmx.encryptionType')?.toLowerCase() === 'partial';
  return {
    file,
    format,
    encrypted: encrypted ? true : hasVtpm ? null : false,
    ...stateOf(vmx, encrypted, isPartial, hasVtpm),
    clear: entries.filter(([name]) => !SEALED.has(name.toLowerCase())).map(([name, value]) => ({ name, value })),
    sealed,
    keys: keysIn(vmx, file),
    notes: notesOf(vmx, isPartial),
  };
}

function keysIn(vmx: Vmx, file: string): SealedKey[] {
  const bundle = vmx.get(BUNDLE);
  const keySafe = vmx.get(KEY_SAFE);
  return [
    ...(bundle === undefined ? [] : keysOf(parseKeyLocator(bundle, file), BUNDLE).map(plainMac)),
    ...(keySafe === undefined ? [] : readKeySafe(KEY_SAFE, keySafe, file)),
  ];
}

function stateOf(vmx: Vmx, encrypted: boolean, isPartial: boolean, hasVtpm: boolean): { state?: string } {
  if (!encrypted) {
    return hasVtpm ? { state: 'with a virtual TPM, and nothing here that says how it is encrypted' } : {};
  }
  if (vmx.get(KEY_SAFE) !== undefined) {
    const by = /phrase\//i.test(vmx.get(KEY_SAFE) ?? '') ? 'encrypted by a password' : 'encrypted by a key safe';
    return { state: isPartial ? `${by}, in part` : by };
  }
  if (vmx.get(BUNDLE) !== undefined) return {};
  return { state: isPartial ? 'encrypted, in part' : 'encrypted, in a form that is not known here' };
}

function notesOf(vmx: Vmx, isPartial: boolean): string[] {
  const { encoding } = vmx;
  const notes: string[] = [];
  if (isPartial) {
    notes.push(
      'In part: what a virtual TPM needs is sealed (.nvram, .vmss, .vmsn, .vmem). Disks and the rest are in clear.',
    );
  } else if (vmx.get(KEY_SAFE) !== undefined) {
    notes.push('Written by Workstation or Fusion. Disks, .nvram and saved states of this VM are encrypted too.');
  }
  if (encoding.guessed) notes.push(`The file names no encoding and is not UTF-8; it was read as ${encoding.readAs}.`);
  return notes;
}

function sealedSize(value: string): string {
  const bytes = Buffer.from(value, 'base64').length;
  return bytes === 0 ? '' : `, ${bytes} bytes`;
}
