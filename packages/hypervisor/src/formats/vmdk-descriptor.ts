import { type SectorCount, sectorCount } from '@vcryptsim/ports';
import { fileDamaged, notSupported } from '../api/faults.js';
import { parseDictionaryLine } from './dictionary-line.js';
import { splitLines, trimLine } from './text-lines.js';
import { type DescriptorExtent, isExtentLine, parseExtent } from './vmdk-extent.js';

/** 62 TiB in extents of 2 GiB are 31,744. */
const MAX_EXTENTS = 65_536;
/** 2^43 sectors are 2^52 bytes: the last size whose byte offsets are exact numbers. */
const MAX_SECTORS = 2 ** 43;

/** A VMDK descriptor as it was read. */
export interface VmdkDescriptor {
  /** Header entries with their keys in lower case: `cid`, `parentcid`, `createtype`, `keyid`, `encryptionkeys` ... */
  readonly header: ReadonlyMap<string, string>;
  readonly extents: readonly DescriptorExtent[];
  /** Disk database entries without the `ddb.` before them, keys as spelt. */
  readonly ddb: ReadonlyMap<string, string>;
  /** `vmfs`, `monolithicFlat` ... */
  readonly createType: string;
  /** Sum of the extents. */
  readonly capacity: SectorCount;
  /** Line of a header key (lower case) or `ddb.KEY`, or of the first extent (`extent`), from 1. */
  lineOf(key: string): number | undefined;
}

/**
 * Reads the text of a VMDK descriptor (facts/vmdk.md section 2), in time linear in its length:
 *
 * ```
 * # Disk DescriptorFile
 * version=1
 * encoding="UTF-8"
 * CID=1b2c3d4e
 * parentCID=ffffffff
 * createType="vmfs"
 * keyID=5f0c91a2                           only of an encrypted disk
 * encryptionKeys="vmware:key/list/(...)"   only of an encrypted disk
 *
 * RW 32768 VMFS "vm-flat.vmdk"
 *
 * ddb.adapterType = "lsilogic"
 * ```
 *
 * Unknown keys are kept, access words and extent types may be in lower case, and comments, blank lines or a byte order
 * mark may come first. A changed CID is nothing to complain of: qemu-img writes a new one. Extents may lie anywhere
 * (a device, another folder, a vSAN object): whoever opens one decides.
 *
 * @param text the file, decoded (`decodeText` has cut off the NULs that qemu adds)
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED with the line number, NOT_SUPPORTED (a version that is not known)
 */
export function parseDescriptor(text: string, file: string): VmdkDescriptor {
  const descriptor = readDescriptor(text, file);
  checkDescriptor(descriptor, file);
  return descriptor;
}

/**
 * Reads a descriptor as {@link parseDescriptor} does, and takes one in which header entries are missing.
 *
 * @throws HypervisorError FILE_DAMAGED with the line number
 */
export function readDescriptor(text: string, file: string): VmdkDescriptor {
  const header = new Map<string, string>();
  const ddb = new Map<string, string>();
  const extents: DescriptorExtent[] = [];
  const lines = new Map<string, number>();
  splitLines(text).lines.forEach((untrimmed, index) => {
    const number = index + 1;
    const line = trimLine(untrimmed, file, number);
    if (line === '' || line.startsWith('#')) return;
    if (isExtentLine(line)) {
      if (extents.length === MAX_EXTENTS) {
        throw notSupported('extents', `${file}, line ${number}: more than ${MAX_EXTENTS} extents are not read.`);
      }
      if (extents.length === 0) lines.set('extent', number);
      extents.push(parseExtent(line, file, number));
      return;
    }
    const entry = parseDictionaryLine(line);
    if (typeof entry === 'string') throw fileDamaged(file, `${entry}, nor a comment or an extent`, number);
    const { key, value } = entry;
    const isDdb = key.toLowerCase().startsWith('ddb.');
    const name = isDdb ? `ddb.${key.slice(4)}` : key.toLowerCase();
    const earlier = lines.get(name);
    if (earlier !== undefined) throw fileDamaged(file, `${key} occurs twice, first in line ${earlier}`, number);
    lines.set(name, number);
    if (isDdb) ddb.set(key.slice(4), value);
    else header.set(name, value);
  });
  const sectors = extents.reduce((sum, extent) => sum + extent.sectors, 0);
  if (sectors > MAX_SECTORS) throw fileDamaged(file, 'the extents together are too large', lines.get('extent'));
  return {
    header,
    extents,
    ddb,
    createType: header.get('createtype') ?? '',
    capacity: sectorCount(sectors),
    lineOf: (key) => lines.get(key),
  };
}

/** What a descriptor must have to be opened (facts/vmdk.md section 3). */
function checkDescriptor({ header, extents, lineOf }: VmdkDescriptor, file: string): void {
  const version = header.get('version');
  if (version === undefined || !/^[0-9]{1,9}$/.test(version)) {
    throw fileDamaged(file, 'version is missing or not a number', lineOf('version'));
  }
  if (!['1', '2', '3'].includes(version)) {
    throw notSupported('version', `${file}: descriptors of version ${version} are not known here; 1, 2 and 3 are.`);
  }
  for (const key of ['cid', 'parentcid'] as const) {
    if (!/^[0-9a-fA-F]{1,8}$/.test(header.get(key) ?? '')) {
      throw fileDamaged(file, `${key === 'cid' ? 'CID' : 'parentCID'} is missing or not hexadecimal`, lineOf(key));
    }
  }
  if (!/^[A-Za-z0-9]{1,64}$/.test(header.get('createtype') ?? '')) {
    throw fileDamaged(file, 'createType is missing or not a word', lineOf('createtype'));
  }
  if (extents.length === 0) throw fileDamaged(file, 'there is no extent line');
  const empty = extents.find(({ sectors }) => sectors === 0);
  if (empty !== undefined) throw fileDamaged(file, 'an extent of 0 sectors is not possible', empty.line);
}
