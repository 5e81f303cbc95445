import { type SectorCount, sectorCount } from '@vcryptsim/ports';
import { fileDamaged } from '../faults.js';
import { isFileName } from './file-name.js';
import { splitLines } from './text-lines.js';

const KEY = /^[A-Za-z0-9._-]{1,256}$/;
const EXTENT = /^(RW|RDONLY|NOACCESS) +([0-9]{1,16}) +([A-Z]+) +"([^"]*)"(?: +([0-9]{1,16}))?$/;
const MAX_EXTENTS = 1024;

/** One extent line. */
export interface DescriptorExtent {
  readonly access: 'RW' | 'RDONLY' | 'NOACCESS';
  readonly sectors: SectorCount;
  /** `VMFS` (ESXi) or `FLAT` (Workstation); other types are read and not served. */
  readonly type: string;
  /** A file of the descriptor's own folder. */
  readonly fileName: string;
  /** First sector inside the file; VMFS extents have none. */
  readonly offsetSectors: number | null;
}

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
 * keyID="vmware:key/fqid/..."              only of an encrypted disk
 * encryptionKeys="vmware:key/list/(...)"   only of an encrypted disk
 *
 * RW 32768 VMFS "vm-flat.vmdk"
 *
 * ddb.adapterType = "lsilogic"
 * ```
 *
 * Unknown keys are kept. A changed CID is nothing to complain of: qemu-img writes a new one.
 *
 * @param text the file, decoded (`decodeText` has cut off the NULs that qemu adds)
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED with the line number
 */
export function parseDescriptor(text: string, file: string): VmdkDescriptor {
  const header = new Map<string, string>();
  const ddb = new Map<string, string>();
  const extents: DescriptorExtent[] = [];
  const lines = new Map<string, number>();
  splitLines(text, file).lines.forEach((untrimmed, index) => {
    const line = untrimmed.trim();
    const number = index + 1;
    if (line === '' || line.startsWith('#')) return;
    if (/^(RW|RDONLY|NOACCESS)\s/.test(line)) {
      if (extents.length === MAX_EXTENTS) throw fileDamaged(file, `there are more than ${MAX_EXTENTS} extents`, number);
      if (extents.length === 0) lines.set('extent', number);
      extents.push(parseExtent(line, file, number));
      return;
    }
    const [key, value] = parseEntry(line, file, number);
    const isDdb = key.toLowerCase().startsWith('ddb.');
    const name = isDdb ? `ddb.${key.slice(4)}` : key.toLowerCase();
    const earlier = lines.get(name);
    if (earlier !== undefined) throw fileDamaged(file, `${key} stands a second time, first in line ${earlier}`, number);
    lines.set(name, number);
    if (isDdb) ddb.set(key.slice(4), value);
    else header.set(name, value);
  });
  checkHeader(header, (key) => lines.get(key), file);
  if (extents.length === 0) throw fileDamaged(file, 'there is no extent line');
  const sectors = extents.reduce((sum, extent) => sum + extent.sectors, 0);
  if (!Number.isSafeInteger(sectors))
    throw fileDamaged(file, 'the extents together are too large', lines.get('extent'));
  return {
    header,
    extents,
    ddb,
    createType: header.get('createtype') ?? '',
    capacity: sectorCount(sectors),
    lineOf: (key) => lines.get(key),
  };
}

function parseExtent(line: string, file: string, number: number): DescriptorExtent {
  const [, access, sectors, type, fileName, offset] = EXTENT.exec(line) ?? [];
  if (access === undefined || sectors === undefined || type === undefined || fileName === undefined) {
    throw fileDamaged(file, 'the extent line is not of the form RW SECTORS TYPE "NAME"', number);
  }
  const count = Number(sectors);
  // 2^43 sectors are 2^52 bytes: the last size whose byte offsets are exact numbers.
  if (count === 0 || count > 2 ** 43)
    throw fileDamaged(file, `an extent of ${sectors} sectors is not possible`, number);
  if (!isFileName(fileName)) throw fileDamaged(file, 'the extent is not a file of the same folder', number);
  if (type === 'VMFS' && offset !== undefined) throw fileDamaged(file, 'a VMFS extent has no offset', number);
  if (type === 'FLAT' && offset === undefined) throw fileDamaged(file, 'a FLAT extent needs an offset', number);
  return {
    access: access === 'RW' || access === 'RDONLY' ? access : 'NOACCESS',
    sectors: sectorCount(count),
    type,
    fileName,
    offsetSectors: offset === undefined ? null : Number(offset),
  };
}

function parseEntry(line: string, file: string, number: number): [key: string, value: string] {
  const equals = line.indexOf('=');
  const key = line.slice(0, Math.max(0, equals)).trimEnd();
  if (equals < 0 || !KEY.test(key)) throw fileDamaged(file, 'the line is no comment, extent or key=value', number);
  const text = line.slice(equals + 1).trimStart();
  if (!text.startsWith('"')) {
    if (text.includes('"')) throw fileDamaged(file, `the value of ${key} has a lone double quote`, number);
    return [key, text];
  }
  if (text.length < 2 || text.indexOf('"', 1) !== text.length - 1) {
    throw fileDamaged(file, `the value of ${key} is not one text in double quotes`, number);
  }
  return [key, text.slice(1, -1)];
}

function checkHeader(
  header: ReadonlyMap<string, string>,
  lineOf: (key: string) => number | undefined,
  file: string,
): void {
  const version = header.get('version');
  if (version === undefined || !['1', '2', '3'].includes(version)) {
    throw fileDamaged(file, 'version is missing or not 1, 2 or 3', lineOf('version'));
  }
  for (const key of ['cid', 'parentcid'] as const) {
    if (!/^[0-9a-fA-F]{1,8}$/.test(header.get(key) ?? '')) {
      throw fileDamaged(file, `${key === 'cid' ? 'CID' : 'parentCID'} is missing or not hexadecimal`, lineOf(key));
    }
  }
  if (!/^[A-Za-z0-9]{1,64}$/.test(header.get('createtype') ?? '')) {
    throw fileDamaged(file, 'createType is missing or unknown', lineOf('createtype'));
  }
  const encoding = header.get('encoding');
  if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
    throw fileDamaged(file, `the encoding is ${encoding}, and only UTF-8 is read`, lineOf('encoding'));
  }
}
