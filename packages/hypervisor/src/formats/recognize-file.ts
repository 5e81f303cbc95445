import { type FileEnds, type FileKind, packedKind, partKind, plainKind, qemuImgLine, quotePath } from './file-kind.js';
import { MARKS } from './file-kinds.js';
import { sparseHeaderOf } from './sparse-header.js';
import { encryptedObjectOf, isStateFile } from './state-file.js';
import { tarHeaderOf } from './tar-header.js';
import { wideEncodingOf } from './text-encoding.js';

const TAR = packedKind('tar', 'a tar archive', (path) => `tar xf ${path}`);
const OVA: FileKind = {
  id: 'ova',
  name: 'a packed virtual machine (OVA)',
  role: 'package',
  next: (path) =>
    `Unpack it and convert the disk in it: tar xf ${quotePath(path)} && ${qemuImgLine('DISK.vmdk', 'vmdk')}`,
};
const BZIP2 = packedKind('bzip2', 'compressed by bzip2', (path, output) => `bunzip2 -c ${path} > ${output}`);
const SPARSE = plainKind('vmdk-sparse', 'a sparse VMDK', 'disk', 'Name it with --disk.');
const STREAM = plainKind('vmdk-stream', 'a stream-optimised VMDK', 'disk', 'Name it with --disk.');
const SPLIT = partKind('vmdk-split', 'one part of a split sparse VMDK');
const STATE = plainKind('state', 'a saved state of a VM (.vmsn, .vmss)', 'vm', 'It is not a disk.');
const ENCOBJ = plainKind('encobj', 'an encrypted state file of a VM', 'vm', 'It is not a disk.');
const XML = plainKind(
  'xml',
  'an XML text (an OVF or the description of a VM)',
  'vm',
  'It describes a disk: name the disk itself.',
);
const DESCRIPTOR = plainKind('vmdk-descriptor', 'the descriptor of a VMDK', 'part', 'Name it with --disk.');

/**
 * Says what a file is, by its bytes at both ends; its name is not asked.
 *
 * @returns null for what has no mark: a raw disk, a text, or data
 */
export function recognizeFile(ends: FileEnds): FileKind | null {
  const { head } = ends;
  const sparse = sparseKindOf(head);
  if (sparse !== null) return sparse;
  if (isDescriptorText(head)) return DESCRIPTOR;
  if (encryptedObjectOf(head) !== null) return ENCOBJ;
  if (isStateFile(head)) return STATE;
  const marked = MARKS.find(({ at, bytes }) => matches(ends, at, bytes));
  if (marked !== undefined && marked.kind.role !== 'content') return marked.kind;
  if (isBzip2(head)) return BZIP2;
  const tar = tarHeaderOf(head);
  if (tar !== null) return /\.ovf$/i.test(tar.name) || hasOvf(head) ? OVA : TAR;
  if (/^(?:\xef\xbb\xbf)?\s*<\?xml\s/.test(latin1(head, 0, 256))) return XML;
  return marked?.kind ?? null;
}

/**
 * Says whether a file begins as the descriptor of a VMDK: its first line is the usual comment, in any of its spellings,
 * or its first lines hold `CID` and `createType`. A byte order mark, blank lines and other comments may come before.
 */
export function isDescriptorText(head: Uint8Array): boolean {
  const isMarked = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const isWide = isMarked || wideEncodingOf(head.subarray(0, 4)) !== null;
  const text = latin1(head, 0, 4096).replaceAll(isWide ? /[\0\xfe\xff]/g : /^\xef\xbb\xbf/g, '');
  // Text up to the first NUL, which qemu's padding may bring.
  const start = text.split('\0', 1)[0] ?? '';
  for (const line of start.split(/[\r\n]+/).map((untrimmed) => untrimmed.trim())) {
    if (/^#\s*Disk\s*Descriptor\s*File/i.test(line)) return true;
    if (line !== '' && !line.startsWith('#')) break;
  }
  const has = (key: string): boolean => new RegExp(`^[ \\t]*${key}[ \\t]*=`, 'im').test(start);
  return /^[\s\x20-\xff]*$/.test(start) && has('CID') && (has('createType') || has('parentCID'));
}

/** `BZh`, the block size, then the mark of a block or of the end (pi and its root). */
function isBzip2(head: Uint8Array): boolean {
  return /^BZh[1-9]$/.test(latin1(head, 0, 4)) && ['1AY&SY', '\x17rE8P\x90'].includes(latin1(head, 4, 10));
}

function sparseKindOf(head: Uint8Array): FileKind | null {
  if (latin1(head, 0, 4) !== 'KDMV') return null;
  const header = sparseHeaderOf(head);
  if (header === null) return SPARSE;
  if (header.compressed) return STREAM;
  const descriptorAt = header.descriptorOffset * 512;
  const isEmpty = descriptorAt < head.length && head[descriptorAt] === 0;
  return header.descriptorSize === 0 || isEmpty ? SPLIT : SPARSE;
}

/** A pax header comes before the first member's own: then its name stands in the third block. */
function hasOvf(head: Uint8Array): boolean {
  return /\.ovf\0/i.test(latin1(head, 0, 4 * 512));
}

function matches({ head, tail, sizeBytes }: FileEnds, at: number, bytes: string): boolean {
  if (at >= 0) return latin1(head, at, at + bytes.length) === bytes;
  if (sizeBytes < -at) return false;
  const start = tail.length + at;
  return start >= 0 && latin1(tail, start, start + bytes.length) === bytes;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
