// Sparse VMDKs both ways, judged by qemu-img: it writes each subformat from random images and this reads them; this writes
// streamOptimized and qemu-img reads it. A disk that qemu-io wrote into afterwards has grains in no order.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeDescriptor, SparseImage } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, sectorCount } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { randomImage, streamOf } from './support/random-image.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu)
  leftOut('qemu-img on sparse and stream-optimised disks', 'qemu-img is not installed (package qemu-utils)');
const hasQemuIo = spawnSync('qemu-io', ['--version']).status === 0;
if (!hasQemuIo) leftOut('qemu-io on sparse disks', 'qemu-io is not installed (package qemu-utils)');

const SEEDS = [1, 2, 3, 4, 5];
/** One is larger than one grain table, some end inside a grain. */
const sectorsOf = (seed: number) => [70_001, 2048, 8191, 1, 129][seed % 5] ?? 1;
const files = new OsFileSystem();
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'vcryptsim-sparse-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function contentOf(path: string): Promise<Buffer> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const image = await SparseImage.open(handle, path);
    const content = Buffer.alloc(image.sizeBytes, 0xee);
    await image.read(content, 0);
    return content;
  } finally {
    await handle.close();
  }
}

const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

describe.runIf(hasQemu)('qemu-img as judge', () => {
  it.each([
    ['monolithicSparse', []],
    ['monolithicSparse', ['zeroed_grain=on']],
    ['streamOptimized', []],
  ] as const)('reads what qemu-img writes: %s %j', async (subformat, options) => {
    for (const seed of SEEDS) {
      const image = randomImage(sectorsOf(seed), seed);
      const [raw, vmdk] = [join(root, 'in.img'), join(root, `in-${subformat}.vmdk`)];
      writeFileSync(raw, image);
      const wanted = [`subformat=${subformat}`, ...options].join(',');
      qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', wanted, raw, vmdk);
      const content = await contentOf(vmdk);
      // qemu-img makes the disk a whole number of grains where it has to.
      expect(content.subarray(0, image.length).equals(image), `seed ${seed}`).toBe(true);
      expect(content.subarray(image.length).equals(Buffer.alloc(content.length - image.length))).toBe(true);
      const { 'virtual-size': virtualSize } = JSON.parse(qemuImg('info', '--output=json', vmdk));
      expect(content.length).toBe(virtualSize);
    }
  });

  it.runIf(hasQemuIo)('reads a sparse disk that was written here and there', async () => {
    const vmdk = join(root, 'written.vmdk');
    qemuImg('create', '-f', 'vmdk', '-o', 'subformat=monolithicSparse,zeroed_grain=on', vmdk, '80M');
    const writes = SEEDS.flatMap((seed) => {
      const at = ((seed * 7_919 * 512) % (79 * 1024)) * 1024;
      const zeros = seed % 2 === 0 ? ['-c', `write -z ${at} 128k`] : [];
      return ['-c', `write -P ${seed} ${at} ${seed * 17 * 512}`, ...zeros];
    });
    execFileSync('qemu-io', ['-f', 'vmdk', ...writes, vmdk]);
    const raw = join(root, 'written.img');
    qemuImg('convert', '-f', 'vmdk', '-O', 'raw', vmdk, raw);
    expect((await contentOf(vmdk)).equals(readFileSync(raw))).toBe(true);
  });

  it('writes streamOptimized that qemu-img opens, checks and finds equal', async () => {
    for (const seed of SEEDS) {
      const image = randomImage(sectorsOf(seed), 100 + seed);
      const descriptor = composeDescriptor({
        createType: 'streamOptimized',
        contentId: 0x1b2c3d4e,
        uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
        capacity: sectorCount(image.length / 512),
        extentFileName: 'out.vmdk',
      });
      const [raw, vmdk] = [join(root, 'out.img'), join(root, 'out.vmdk')];
      writeFileSync(raw, image);
      writeFileSync(vmdk, await streamOf(new MemoryFileSystem(), image, descriptor));
      const info = JSON.parse(qemuImg('info', '--output=json', vmdk));
      expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': image.length });
      expect(info['format-specific'].data['create-type']).toBe('streamOptimized');
      expect(qemuImg('compare', '-f', 'vmdk', '-F', 'raw', vmdk, raw)).toContain('Images are identical');
      expect(qemuImg('check', '-f', 'vmdk', vmdk)).toContain('No errors');
      expect((await contentOf(vmdk)).equals(image)).toBe(true);
    }
  });
});
