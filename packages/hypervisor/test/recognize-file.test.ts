import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readEnds, recognizeFile } from '@vcryptsim/hypervisor/formats';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { pattern } from './support/lab.js';

/** A file of `sizeBytes` with some bytes at a place, from the end if negative. */
function fileWith(
  at: number,
  bytes: string,
  sizeBytes = 131_072,
): { sizeBytes: number; head: Uint8Array; tail: Uint8Array } {
  const file = pattern(sizeBytes, 3);
  file.set(Buffer.from(bytes, 'latin1'), at < 0 ? sizeBytes + at : at);
  return { sizeBytes, head: file.slice(0, 65_536), tail: file.slice(-65_536) };
}

const kindOf = (at: number, bytes: string): string | undefined => recognizeFile(fileWith(at, bytes))?.id;

describe('a file is recognised by its bytes', () => {
  it.each([
    ['vdi', 64, '\x7f\x10\xda\xbe'],
    ['qed', 0, 'QED\0'],
    ['qcow', 0, 'QFI\xfb\0\0\0\x01'],
    ['qcow2', 0, 'QFI\xfb\0\0\0\x03'],
    ['parallels', 0, 'WithoutFreeSpace'],
    ['parallels', 0, 'WithouFreSpacExt'],
    ['vhd', 0, 'conectix'],
    ['vhd', -512, 'conectix'],
    ['vhd', -511, 'conectix'],
    ['vhdx', 0, 'vhdxfile'],
    ['dmg', -512, 'koly\0\0\0\x04'],
    ['bochs', 0, 'Bochs Virtual HD Image'],
    ['vmdk-sparse', 0, `KDMV\x01\0\0\0\x03\0\0\0${'\x10\0\0\0\0\0\0\0'.repeat(4)}`],
    ['vmdk-stream', 0, `KDMV\x03\0\0\0\x01\0\x03\0${'\x10\0\0\0\0\0\0\0'.repeat(4)}`],
    ['vmdk-split', 0, `KDMV\x01\0\0\0\x03\0\0\0${'\0'.repeat(40)}`],
    ['vmdk-cowd', 0, 'COWD\x01\0\0\0'],
    ['vmdk-sesparse', 0, '\xbe\xba\xfe\xca\0\0\0\0'],
    ['vmdk-ctk', 0, '\xa2\x72\x19\xf6'],
    ['vmdk-descriptor', 0, '\n\r\n#Disk Descriptor File\nversion=1\n'],
    ['vmdk-descriptor', 0, '\xef\xbb\xbf# disk descriptorfile\nversion=1\n'],
    ['vmdk-descriptor', 0, '# made by hand\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="vmfs"\n\0'],
    ['xz', 0, '\xfd7zXZ\0'],
    ['zstd', 0, '\x28\xb5\x2f\xfd'],
    ['bzip2', 0, 'BZh91AY&SY'],
    ['zip', 0, 'PK\x03\x04'],
    ['7z', 0, '7z\xbc\xaf\x27\x1c'],
    ['vma', 0, 'VMA\0'],
    ['wim', 0, 'MSWIM\0\0\0'],
    ['ewf', 0, 'EVF\t\r\n\xff\0'],
    ['encobj', 0, `\x9e\xdd\x43\x89${'\0'.repeat(28)}`],
    ['state', 0, '\xd2\xbe\xd2\xbe\x08\0\0\0'],
    ['nvram', 0, 'MRVN'],
    ['xml', 0, '\xef\xbb\xbf<?xml version="1.0"?>'],
    ['luks', 0, 'LUKS\xba\xbe'],
    ['iso9660', 32_769, 'CD001'],
  ])('%s', (id, at, bytes) => {
    expect(kindOf(at, bytes)).toBe(id);
  });

  it('knows compressed data, and takes noise, zeros and a boot sector for raw', () => {
    const zipped = gzipSync(pattern(100_000));
    const ends = { sizeBytes: zipped.length, head: zipped.subarray(0, 65_536), tail: zipped.subarray(-65_536) };
    expect(recognizeFile(ends)?.id).toBe('gzip');
    expect(kindOf(510, '\x55\xaa')).toBeUndefined();
    expect(recognizeFile({ sizeBytes: 1024, head: new Uint8Array(1024), tail: new Uint8Array(1024) })).toBeNull();
    expect(recognizeFile({ sizeBytes: 0, head: new Uint8Array(0), tail: new Uint8Array(0) })).toBeNull();
    // The mark of VHD elsewhere than at an end is content.
    expect(kindOf(2048, 'conectix')).toBeUndefined();
  });

  it('quotes the path in the line that converts', () => {
    const next = recognizeFile(fileWith(0, 'QED\0'))?.next("/a b/it's.img");
    expect(next).toBe("Convert it first: qemu-img convert -f qed -O raw '/a b/it'\\''s.img' disk.img");
    expect(recognizeFile(fileWith(0, 'QED\0'))?.next('/a/disk.img')).toMatch(/'\/a\/disk\.img' raw-disk\.img$/);
    expect(recognizeFile(fileWith(0, '\x1f\x8b\x08'))?.next('/a/disk.img')).toMatch(/> raw-disk\.img$/);
    expect(recognizeFile(fileWith(0, 'COWD'))?.next('/x/web-000001-delta.vmdk')).toContain("'/x/web-000001.vmdk'");
  });
});

describe('what real tools write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-kinds-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const idOf = async (path: string): Promise<string | undefined> =>
    recognizeFile(await readEnds(new OsFileSystem(), path))?.id;
  const raw = join(folder, 'raw.img');
  writeFileSync(raw, pattern(4 * 1024 * 1024));

  const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
  if (!has('qemu-img')) leftOut('image formats of qemu-img', 'qemu-img is not installed');
  else {
    it.each([
      ['vdi', 'vdi', []],
      ['qed', 'qed', []],
      ['qcow', 'qcow', []],
      ['qcow2', 'qcow2', []],
      ['parallels', 'parallels', []],
      ['vpc', 'vhd', ['-o', 'subformat=fixed']],
      ['vpc', 'vhd', ['-o', 'subformat=dynamic']],
      ['vhdx', 'vhdx', []],
      ['vmdk', 'vmdk-sparse', []],
      ['vmdk', 'vmdk-stream', ['-o', 'subformat=streamOptimized']],
      ['vmdk', 'vmdk-descriptor', ['-o', 'subformat=monolithicFlat']],
    ])('qemu-img %s is %s', async (format, id, options) => {
      const path = join(folder, `${format}${options.join('')}`);
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, raw, path]);
      expect(await idOf(path)).toBe(id);
    });
  }

  if (!has('tar')) leftOut('archives of tar', 'tar is not installed');
  else {
    it.each(['v7', 'ustar', 'gnu', 'pax'])('tar of format %s', async (format) => {
      const path = join(folder, `${format}.tar`);
      writeFileSync(join(folder, 'a.ovf'), '<Envelope/>');
      execFileSync('tar', ['--format', format, '-C', folder, '-cf', path, 'raw.img']);
      expect(await idOf(path)).toBe('tar');
      execFileSync('tar', ['--format', format, '-C', folder, '-cf', path, 'a.ovf', 'raw.img']);
      expect(await idOf(path)).toBe('ova');
    });
  }
});
