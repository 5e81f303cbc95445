// What `--disk` takes: every form of VMDK that qemu-img writes, judged by the image that it was made of.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { randomImage } from '../../hypervisor/test/support/random-image.js';
import { openDiskImage } from '../src/guests/disk-image.js';
import { temporaryFolder } from './support/temporary-folder.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('qemu-img on images for --disk', 'qemu-img is not installed (package qemu-utils)');

const SUBFORMATS = [
  'monolithicFlat',
  'monolithicSparse',
  'streamOptimized',
  'twoGbMaxExtentFlat',
  'twoGbMaxExtentSparse',
];

describe.runIf(hasQemu)('an image that qemu-img wrote', () => {
  it.each(SUBFORMATS)('is taken as it is: %s', async (subformat) => {
    const folder = temporaryFolder();
    const [raw, vmdk] = [join(folder, 'in.img'), join(folder, 'disk.vmdk')];
    const image = randomImage(4099, 21);
    writeFileSync(raw, image);
    execFileSync('qemu-img', ['convert', '-O', 'vmdk', '-o', `subformat=${subformat}`, '-f', 'raw', raw, vmdk]);
    const opened = await openDiskImage(new OsFileSystem(), vmdk);
    const content = Buffer.alloc(opened.sizeBytes);
    expect(await opened.read(content, 0)).toBe(opened.sizeBytes);
    await opened.close();
    expect(content.subarray(0, image.length).equals(image)).toBe(true);
    expect(content.subarray(image.length).equals(Buffer.alloc(content.length - image.length))).toBe(true);
  });

  it('is refused when a part of it is missing or it is a child, before anything is read', async () => {
    const folder = temporaryFolder();
    const vmdk = join(folder, 'disk.vmdk');
    const base = ['create', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', vmdk, '3G'];
    execFileSync('qemu-img', base);
    expect(readdirSync(folder)).toHaveLength(3);
    const child = join(folder, 'child.vmdk');
    const whole = await openDiskImage(new OsFileSystem(), vmdk);
    expect(whole.sizeBytes).toBe(3 * 2 ** 30);
    await whole.close();
    execFileSync('qemu-img', ['create', '-f', 'vmdk', '-b', vmdk, '-F', 'vmdk', child]);
    await expect(openDiskImage(new OsFileSystem(), child)).rejects.toMatchObject({
      code: 'BAD_IMAGE',
      message: expect.stringContaining('only what changed since a snapshot'),
    });
    execFileSync('rm', [join(folder, 'disk-s002.vmdk')]);
    await expect(openDiskImage(new OsFileSystem(), vmdk)).rejects.toMatchObject({
      code: 'BAD_IMAGE',
      message: expect.stringContaining('disk-s002.vmdk cannot be read (there is no such file)'),
    });
  });
});
