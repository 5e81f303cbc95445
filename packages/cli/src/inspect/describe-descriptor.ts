import {
  type DescriptorExtent,
  hasEncryptionSign,
  parseDescriptor,
  parseKeyLocator,
} from '@vcryptsim/hypervisor/formats';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { formatBytes } from '../terminal/byte-progress.js';
import type { FileReport, ReportEntry, SealedKey } from './file-report.js';
import { keysOf, plainMac } from './key-safe.js';

const BUNDLE = 'encryptionKeys';
/** The parser compares header keys without case; people know them as VMware spells them. */
const SPELLING: ReadonlyMap<string, string> = new Map([
  ['cid', 'CID'],
  ['parentcid', 'parentCID'],
  ['createtype', 'createType'],
  ['keyid', 'keyID'],
  ['isnativesnapshot', 'isNativeSnapshot'],
  ['parentfilenamehint', 'parentFileNameHint'],
  ['changetrackpath', 'changeTrackPath'],
]);

/**
 * Says what a VMDK descriptor shows: the whole of it but the sealed data key. The extents are named, not read.
 *
 * @param text the file, decoded
 * @param file name for the report and for errors
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED, NOT_SUPPORTED
 */
export function describeDescriptor(
  text: string,
  file: string,
  format = 'descriptor of a virtual disk (.vmdk)',
): FileReport {
  const descriptor = parseDescriptor(text, file);
  const { header, ddb } = descriptor;
  const encrypted = hasEncryptionSign(descriptor);
  const clear: ReportEntry[] = [
    ...[...header]
      .filter(([name]) => name !== BUNDLE.toLowerCase())
      .map(([name, value]) => ({ name: SPELLING.get(name) ?? name, value })),
    {
      name: 'capacity',
      value: `${descriptor.capacity} sectors, ${formatBytes(descriptor.capacity * SECTOR_SIZE_BYTES)}`,
    },
    ...[...ddb].map(([name, value]) => ({ name: `ddb.${name}`, value })),
  ];
  const extents = descriptor.extents.map((extent) => describeExtent(extent));
  const bundle = header.get(BUNDLE.toLowerCase());
  const sealed: ReportEntry[] = encrypted
    ? [...(bundle === undefined ? [] : [{ name: BUNDLE, value: 'the data key of this disk' }]), ...extents]
    : [];
  if (!encrypted) clear.push(...extents);
  return {
    file,
    format,
    encrypted,
    ...(encrypted && bundle === undefined ? { state: 'encrypted, but its encryptionKeys are missing' } : {}),
    clear,
    sealed,
    keys: keysIn(bundle, file),
  };
}

function keysIn(bundle: string | undefined, file: string): SealedKey[] {
  if (bundle === undefined) return [];
  return keysOf(parseKeyLocator(bundle, file), BUNDLE).map(plainMac);
}

function describeExtent({ fileName, sectors, type }: DescriptorExtent): ReportEntry {
  if (fileName === null) return { name: '(no file)', value: `${type} extent, ${sectors} sectors: zeros` };
  return { name: fileName, value: `${type} extent, ${sectors} sectors: every byte the guest wrote` };
}
