import { type DescriptorExtent, parseBundle, parseDescriptor } from '@vcryptsim/hypervisor/formats';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { formatBytes } from '../byte-progress.js';
import { type FileReport, type ReportEntry, sealedKeys } from './file-report.js';

const BUNDLE = 'encryptionKeys';
/** The parser compares header keys without case; people know them as VMware spells them. */
const SPELLING: Readonly<Record<string, string>> = {
  cid: 'CID',
  parentcid: 'parentCID',
  createtype: 'createType',
  keyid: 'keyID',
};

/**
 * Says what a VMDK descriptor shows: the whole of it but the sealed data key. The extents are named, not read.
 *
 * @param text the file, decoded
 * @param file name for the report and for errors
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED
 */
export function describeDescriptor(text: string, file: string): FileReport {
  const descriptor = parseDescriptor(text, file);
  const bundle = descriptor.header.get(BUNDLE.toLowerCase());
  const keys = bundle === undefined ? [] : sealedKeys(BUNDLE, parseBundle(bundle, file));
  const clear: ReportEntry[] = [
    ...[...descriptor.header]
      .filter(([name]) => name !== BUNDLE.toLowerCase())
      .map(([name, value]) => ({ name: SPELLING[name] ?? name, value })),
    {
      name: 'capacity',
      value: `${descriptor.capacity} sectors, ${formatBytes(descriptor.capacity * SECTOR_SIZE_BYTES)}`,
    },
    ...[...descriptor.ddb].map(([name, value]) => ({ name: `ddb.${name}`, value })),
  ];
  const encrypted = bundle !== undefined;
  const sealed: ReportEntry[] = encrypted
    ? [
        { name: BUNDLE, value: 'the data key of this disk' },
        ...descriptor.extents.map((extent) => describeExtent(extent)),
      ]
    : [];
  if (!encrypted) clear.push(...descriptor.extents.map((extent) => describeExtent(extent)));
  return { file, format: 'descriptor of a virtual disk (.vmdk)', encrypted, clear, sealed, keys };
}

function describeExtent({ fileName, sectors, type }: DescriptorExtent): ReportEntry {
  return { name: fileName, value: `${type} extent, ${sectors} sectors: every byte the guest wrote` };
}
