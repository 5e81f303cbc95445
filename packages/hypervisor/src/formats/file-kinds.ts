import { type FileKind, packedKind, partKind, plainKind, qemuKind } from './file-kind.js';

/** Bytes at a place of the file; a negative place counts from its end. */
export interface Mark {
  readonly at: number;
  /** Latin-1. */
  readonly bytes: string;
  readonly kind: FileKind;
}

const by = (line: string) => (path: string) => `${line} ${path}`;
const to = (line: string) => (path: string, output: string) => `${line} ${path} > ${output}`;
const vhd = qemuKind('vhd', 'a VHD image (Virtual PC, Hyper-V, Azure)', 'vpc');
const dmg = qemuKind('dmg', 'an Apple disk image (DMG)', 'dmg');
const parallels = qemuKind('parallels', 'a Parallels disk image', 'parallels');
const cpio = packedKind('cpio', 'a cpio archive', (path) => `cpio -id < ${path}`);
const zstd = packedKind('zstd', 'compressed by zstd', to('zstd -dc'));
const zip = packedKind('zip', 'a zip archive', (path) => `unzip ${path}`);
const nero = plainKind('nrg', 'a Nero CD image', 'package', 'Convert it to an ISO image first.');

/**
 * Formats that are not a raw disk, by the bytes they have at a fixed place. Sources: the headers that qemu's block
 * drivers and `file` look for, facts/vmdk.md sections 1 and 4, facts/vsphere-formats.md Q2 and Q6. What needs more than
 * a comparison (tar, sparse VMDK, state files) is in recognize-file.ts.
 */
export const MARKS: readonly Mark[] = [
  // Disks in another form.
  { at: 64, bytes: '\x7f\x10\xda\xbe', kind: qemuKind('vdi', 'a VirtualBox disk image (VDI)', 'vdi') },
  { at: 0, bytes: 'QED\0', kind: qemuKind('qed', 'a QED image', 'qed') },
  { at: 0, bytes: 'QFI\xfb\0\0\0\x01', kind: qemuKind('qcow', 'a qcow image', 'qcow') },
  { at: 0, bytes: 'QFI\xfb', kind: qemuKind('qcow2', 'a qcow2 image', 'qcow2') },
  { at: 0, bytes: 'WithoutFreeSpace', kind: parallels },
  { at: 0, bytes: 'WithouFreSpacExt', kind: parallels },
  { at: 0, bytes: 'conectix', kind: vhd },
  { at: -512, bytes: 'conectix', kind: vhd },
  // Virtual PC before 2004 wrote a footer of 511 bytes.
  { at: -511, bytes: 'conectix', kind: vhd },
  { at: 0, bytes: 'vhdxfile', kind: qemuKind('vhdx', 'a VHDX image (Hyper-V)', 'vhdx') },
  { at: -512, bytes: 'koly', kind: dmg },
  { at: 0, bytes: 'koly', kind: dmg },
  { at: 0, bytes: 'Bochs Virtual HD Image', kind: qemuKind('bochs', 'a Bochs disk image', 'bochs') },
  {
    at: 0,
    bytes: '#!/bin/sh\n#V2.0 Format\nmodprobe cloop',
    kind: qemuKind('cloop', 'a compressed loop image', 'cloop'),
  },
  {
    at: 0,
    bytes: 'OOOM\0\0\0',
    kind: plainKind('uml-cow', 'a COW file of User Mode Linux', 'disk', 'Merge it first, with uml_moo.'),
  },
  {
    at: 0,
    bytes: 'encrcdsa',
    kind: plainKind(
      'dmg-encrypted',
      'an encrypted Apple disk image',
      'disk',
      'Convert it on a Mac first, with hdiutil.',
    ),
  },
  {
    at: -8,
    bytes: 'cdsaencr',
    kind: plainKind(
      'dmg-encrypted',
      'an encrypted Apple disk image',
      'disk',
      'Convert it on a Mac first, with hdiutil.',
    ),
  },
  {
    at: 0,
    bytes: 'sprs',
    kind: plainKind('sparseimage', 'an Apple sparse image', 'disk', 'Convert it on a Mac first, with hdiutil.'),
  },
  {
    at: 0,
    bytes: 'shdw',
    kind: plainKind('asif', 'an Apple sparse image (ASIF)', 'disk', 'Convert it on a Mac first, with diskutil.'),
  },
  {
    at: 0,
    bytes: ':\xff\x26\xed\x01\0',
    kind: packedKind('android-sparse', 'an Android sparse image', (path, output) => `simg2img ${path} ${output}`),
  },
  {
    at: 0,
    bytes: 'EVF\t\r\n\xff\0',
    kind: packedKind('ewf', 'an EnCase image (E01)', (path) => `ewfexport -f raw -t disk ${path}`),
  },
  {
    at: 0,
    bytes: 'EVF2\r\n\x81\0',
    kind: packedKind('ewf2', 'an EnCase image (Ex01)', (path) => `ewfexport -f raw -t disk ${path}`),
  },
  {
    at: 0,
    bytes: 'AFF10\r\n\0',
    kind: packedKind('aff', 'an AFF image', (path) => `affconvert -r -O . ${path}`),
  },

  // Parts of a VMDK.
  { at: 0, bytes: 'COWD', kind: partKind('vmdk-cowd', 'a COWD extent of a VMDK (a snapshot)') },
  {
    at: 0,
    bytes: '\xbe\xba\xfe\xca\0\0\0\0',
    kind: partKind('vmdk-sesparse', 'an seSparse extent of a VMDK (a snapshot)'),
  },
  {
    at: 0,
    bytes: '\xa2\x72\x19\xf6',
    kind: partKind('vmdk-ctk', 'a change-tracking file of a VMDK (-ctk.vmdk)'),
  },

  // Archives and compressed data.
  { at: 0, bytes: '\x1f\x8b\x08', kind: packedKind('gzip', 'compressed by gzip', to('gunzip -c')) },
  { at: 0, bytes: '\xfd7zXZ\0', kind: packedKind('xz', 'compressed by xz', to('xz -dc')) },
  { at: 0, bytes: '\x28\xb5\x2f\xfd', kind: zstd },
  // A frame to skip comes first (RFC 8878 section 3.1.2); its first byte is 0x50 to 0x5f.
  { at: 1, bytes: '\x2a\x4d\x18', kind: zstd },
  { at: 0, bytes: '\x04\x22\x4d\x18', kind: packedKind('lz4', 'compressed by lz4', to('lz4 -dc')) },
  { at: 0, bytes: 'LZIP\x01', kind: packedKind('lzip', 'compressed by lzip', to('lzip -dc')) },
  { at: 0, bytes: '\x89LZO\0\r\n\x1a\n', kind: packedKind('lzop', 'compressed by lzop', to('lzop -dc')) },
  { at: 0, bytes: '\x5d\0\0\x80\0', kind: packedKind('lzma', 'compressed by lzma', to('xz --format=lzma -dc')) },
  { at: 0, bytes: '\x1f\x9d\x90', kind: packedKind('compress', 'compressed by compress (.Z)', to('uncompress -c')) },
  { at: 0, bytes: 'PK\x03\x04', kind: zip },
  { at: 0, bytes: 'PK\x05\x06', kind: zip },
  { at: 0, bytes: '7z\xbc\xaf\x27\x1c', kind: packedKind('7z', 'a 7-Zip archive', by('7z x')) },
  { at: 0, bytes: 'Rar!\x1a\x07', kind: packedKind('rar', 'a RAR archive', by('unrar x')) },
  { at: 0, bytes: 'xar!\0\x1c', kind: packedKind('xar', 'a xar archive', by('xar -xf')) },
  { at: 0, bytes: '!<arch>\n', kind: packedKind('ar', 'an ar archive', by('ar x')) },
  { at: 0, bytes: '070701', kind: cpio },
  { at: 0, bytes: '070702', kind: cpio },
  { at: 0, bytes: '070707', kind: cpio },
  {
    at: 0,
    bytes: '\xed\xab\xee\xdb',
    kind: packedKind('rpm', 'an RPM package', (path) => `rpm2cpio ${path} | cpio -id`),
  },
  {
    at: 0,
    bytes: 'VMA\0',
    kind: packedKind('vma', 'a Proxmox backup (VMA)', (path) => `vma extract ${path} unpacked`),
  },
  {
    at: 0,
    bytes: 'MSWIM\0\0\0',
    kind: packedKind('wim', 'a Windows image (WIM)', (path) => `wimlib-imagex apply ${path} 1 unpacked`),
  },
  {
    at: 0,
    bytes: 'WLPWM\0\0\0',
    kind: packedKind('wim', 'a Windows image (pipable WIM)', (path) => `wimlib-imagex apply ${path} 1 unpacked`),
  },
  {
    at: 0,
    bytes: 'partclone-image',
    kind: packedKind(
      'partclone',
      'a partclone image',
      (path, output) => `partclone.restore -C -s ${path} -O ${output}`,
    ),
  },
  {
    at: 0,
    bytes: '\0ntfsclone-image',
    kind: packedKind(
      'ntfsclone',
      'an ntfsclone image',
      (path, output) => `ntfsclone --restore-image -o ${output} ${path}`,
    ),
  },
  {
    at: 0,
    bytes: 'PaRtImAgE-VoLuMe',
    kind: plainKind('partimage', 'a Partimage volume', 'package', 'Restore it first, with partimage.'),
  },
  {
    at: 0,
    bytes: 'MComprHD',
    kind: packedKind(
      'chd',
      'a compressed disk of MAME (CHD)',
      (path, output) => `chdman extracthd -i ${path} -o ${output}`,
    ),
  },
  {
    at: 0,
    bytes: '\xb4\x6e\x68\x44',
    kind: plainKind('tib', 'an Acronis image', 'package', 'Restore it first, with Acronis.'),
  },
  { at: -12, bytes: 'NER5', kind: nero },
  { at: -8, bytes: 'NERO\0', kind: nero },
  {
    at: 0,
    bytes: '\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0',
    kind: plainKind('cd-raw', 'a CD image with sectors of 2,352 bytes', 'package', 'Convert it to an ISO image first.'),
  },

  // Other files of a VM.
  { at: 0, bytes: 'MRVN', kind: plainKind('nvram', 'firmware variables of a VM (.nvram)', 'vm', 'It is not a disk.') },
  {
    at: 0,
    bytes: 'DataTransformEnvelope',
    kind: plainKind('envelope', 'a sealed envelope (.ve)', 'vm', 'It is not a disk.'),
  },

  // What may stand at the beginning of a raw disk.
  {
    at: 0,
    bytes: 'LUKS\xba\xbe',
    kind: plainKind(
      'luks',
      'a LUKS container',
      'content',
      'It is content of a raw disk: run --disk takes it as it is.',
    ),
  },
  {
    at: 3,
    bytes: '-FVE-FS-',
    kind: plainKind(
      'bitlocker',
      'a BitLocker volume',
      'content',
      'It is content of a raw disk: run --disk takes it as it is.',
    ),
  },
  {
    at: 32_769,
    bytes: 'CD001',
    kind: plainKind(
      'iso9660',
      'a CD or DVD image (ISO 9660)',
      'content',
      'It is content of a raw disk: run --disk takes it as it is.',
    ),
  },
];
