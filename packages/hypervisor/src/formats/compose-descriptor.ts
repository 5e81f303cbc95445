import type { DiskUuid, SectorCount } from '@vcryptsim/ports';
import { formatVmwareUuid } from './vmware-uuid.js';

/** What the descriptor of an encrypted disk says of its key. */
export interface DescriptorEncryption {
  /** Of the DEK, eight hex digits: see content-key-id.ts. */
  readonly contentKeyId: string;
  /** The bundle's text: see encryption-bundle.ts. */
  readonly bundle: string;
  readonly dataUnitSizeBytes: number;
}

/** What a new descriptor says. */
export interface DescriptorSpec {
  /** `vmfs` on a datastore; `monolithicFlat`, or `streamOptimized` inside the one file of it, for a plain copy that leaves it. */
  readonly createType: 'vmfs' | 'monolithicFlat' | 'streamOptimized';
  /** Content ID, 32 bits. */
  readonly contentId: number;
  readonly uuid: DiskUuid;
  readonly capacity: SectorCount;
  readonly extentFileName: string;
  /** Whether its room is taken when it is written; the extent is the same, but sparse (facts/vmdk.md section 1). */
  readonly isThin?: boolean;
  /** Left out for a plain disk. */
  readonly encryption?: DescriptorEncryption;
}

/**
 * Writes a VMDK descriptor that qemu-img opens (facts/vmdk.md sections 2 and 3). The order matters to it: `version`
 * first, `CID=` before any other text with those three letters (`keyID` and key names come later), `createType` early;
 * a VMFS extent has no offset, a FLAT one needs it. It is far below the 10,240 bytes in which qemu rewrites the CID.
 *
 * The published facts name the keys `keyID`, `encryptionKeys` and `ddb.iofilters`; the two `ddb.vmcrypt` entries are ours.
 */
export function composeDescriptor(spec: DescriptorSpec): string {
  const { encryption } = spec;
  const contentId = spec.contentId.toString(16).padStart(8, '0');
  const { heads, sectors } = geometryOf(spec.capacity);
  const cylinders = Math.min(65_535, Math.max(1, Math.floor(spec.capacity / (heads * sectors))));
  const extentType = { vmfs: 'VMFS', monolithicFlat: 'FLAT', streamOptimized: 'SPARSE' }[spec.createType];
  const lines = [
    '# Disk DescriptorFile',
    'version=1',
    'encoding="UTF-8"',
    `CID=${contentId}`,
    'parentCID=ffffffff',
    `createType="${spec.createType}"`,
    ...(encryption === undefined ? [] : [`keyID=${encryption.contentKeyId}`, `encryptionKeys="${encryption.bundle}"`]),
    '',
    '# Extent description',
    `RW ${spec.capacity} ${extentType} "${spec.extentFileName}"${extentType === 'FLAT' ? ' 0' : ''}`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.adapterType = "lsilogic"',
    `ddb.geometry.cylinders = "${cylinders}"`,
    `ddb.geometry.heads = "${heads}"`,
    `ddb.geometry.sectors = "${sectors}"`,
    ...(encryption === undefined
      ? []
      : [
          'ddb.iofilters = "vmwarevmcrypt"',
          `ddb.vmcrypt.cipher = "XTS-AES-256"`,
          `ddb.vmcrypt.dataUnitSize = "${encryption.dataUnitSizeBytes}"`,
        ]),
    `ddb.longContentID = "${spec.uuid.replaceAll('-', '').slice(0, 24)}${contentId}"`,
    ...(spec.isThin ? ['ddb.thinProvisioned = "1"'] : []),
    `ddb.uuid = "${formatVmwareUuid(spec.uuid)}"`,
    'ddb.virtualHWVersion = "19"',
  ];
  return `${lines.join('\n')}\n`;
}

/** Heads and sectors a track, as lsilogic disks are numbered: 64/32 up to 1 GB, above 255/63. */
function geometryOf(capacity: SectorCount): { heads: number; sectors: number } {
  return capacity <= 2 * 1024 * 1024 ? { heads: 64, sectors: 32 } : { heads: 255, sectors: 63 };
}
