import type { SectorCount } from '@vcryptsim/ports';
import type { DescriptorEncryption } from './compose-descriptor.js';

/** What the descriptor of a new child says. */
export interface ChildDescriptorSpec {
  /** Name of the parent's descriptor in the same folder. */
  readonly parentFileNameHint: string;
  /** The parent's CID, 32 bits. */
  readonly parentCid: number;
  /** Its own CID; a new child has its parent's until the first write. */
  readonly contentId: number;
  /** 32 hex digits; of a new child the parent's. */
  readonly longContentId: string;
  readonly capacity: SectorCount;
  readonly extentFileName: string;
  /** As in the parent, sealed for this descriptor; left out for a plain disk. */
  readonly encryption?: DescriptorEncryption;
}

/**
 * Writes the descriptor of a delta disk as ESXi does (facts/vsphere-formats.md Q2): createType `vmfsSparse`, the comment of
 * the extents with no blank line before it, and of the disk database `ddb.longContentID` alone; no UUID, geometry or adapter,
 * which are the base's. Of an encrypted disk each link repeats keyID and encryptionKeys, with the chain's one DEK inside
 * (Q3). As in a base, `CID=` comes before every other text with those letters, because qemu-img takes the first.
 */
export function composeChildDescriptor(spec: ChildDescriptorSpec): string {
  const { encryption } = spec;
  const hex = (id: number): string => id.toString(16).padStart(8, '0');
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    'encoding="UTF-8"',
    `CID=${hex(spec.contentId)}`,
    `parentCID=${hex(spec.parentCid)}`,
    'createType="vmfsSparse"',
    `parentFileNameHint="${spec.parentFileNameHint}"`,
    ...(encryption === undefined ? [] : [`keyID=${encryption.contentKeyId}`, `encryptionKeys="${encryption.bundle}"`]),
    '# Extent description',
    `RW ${spec.capacity} VMFSSPARSE "${spec.extentFileName}"`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    ...(encryption === undefined
      ? []
      : [
          'ddb.iofilters = "vmwarevmcrypt"',
          'ddb.vmcrypt.cipher = "XTS-AES-256"',
          `ddb.vmcrypt.dataUnitSize = "${encryption.dataUnitSizeBytes}"`,
        ]),
    `ddb.longContentID = "${spec.longContentId}"`,
  ];
  return `${lines.join('\n')}\n`;
}
