import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { grant, KEY, Lab, pattern, readSectors, VM, webVm } from './support/lab.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('qemu-img on encrypted and exported disks', 'qemu-img is not installed (package qemu-utils)');

/** An image as a plain disk looks: text, repeats, and runs of zeros. 2 MiB. */
const IMAGE = Buffer.concat([
  Buffer.alloc(512 * 1024, 'boot sector and file system, plain as day. '),
  Buffer.alloc(512 * 1024),
  Buffer.from(pattern(1024 * 1024)),
]);
const imageSource = {
  sizeBytes: IMAGE.length,
  read: async (buffer: Uint8Array, at: number): Promise<number> => IMAGE.copy(buffer, 0, at),
};

describe.each([512, 4096] as const)(
  'a disk in data units of %i bytes that holds the user’s image',
  (dataUnitSizeBytes) => {
    let root: string;
    let lab: Lab;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'vcryptsim-hypervisor-'));
      lab = await Lab.safe({ files: new OsFileSystem(), root });
      const capacity = sectorCount(IMAGE.length / 512);
      await lab.host.createVm(webVm({ disks: [{ capacity, dataUnitSizeBytes, fill: 'later' }] }));
      writeFileSync(join(root, 'plain.img'), IMAGE);
      const progress: number[] = [];
      await lab.host.importDisk(VM, 2000, imageSource, (doneBytes) => progress.push(doneBytes));
      expect(progress).toEqual([1024 * 1024, IMAGE.length]);
    });
    afterAll(() => rmSync(root, { recursive: true }));

    const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

    it('[S08] is noise on the datastore: no block equals the plain one, and gzip gains nothing', async () => {
      const flat = readFileSync(lab.path('web-flat.vmdk'));
      expect(flat.length).toBe(IMAGE.length);
      let equal = 0;
      for (let at = 0; at < flat.length; at += 16) {
        if (flat.subarray(at, at + 16).equals(IMAGE.subarray(at, at + 16))) equal += 1;
      }
      expect(equal).toBe(0);
      expect(gzipSync(flat).length).toBeGreaterThanOrEqual(flat.length);
      expect(gzipSync(IMAGE).length).toBeLessThan(IMAGE.length / 10);
      expect(await lab.filesWith(IMAGE.subarray(0, 16), lab.datastore)).toEqual([]);
    });

    it('reads back equal through the IO filter, before and after a reboot', async () => {
      await lab.host.powerOnVm(VM);
      const disk = await lab.host.openDisk(VM, 2000);
      expect(Buffer.compare(await readSectors(disk, 0, IMAGE.length / 512), IMAGE)).toBe(0);
      await disk.writeSectors(sectorIndex(10), IMAGE.subarray(5120, 5632));
      await lab.reboot();
      await lab.enableCrypto();
      await lab.host.addKeys([grant(KEY)]);
      await lab.host.powerOnVm(VM);
      const again = await readSectors(await lab.host.openDisk(VM, 2000), 0, IMAGE.length / 512);
      const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
      expect(sha256(again)).toBe(sha256(IMAGE));
      await lab.host.powerOffVm(VM);
    });

    it.runIf(hasQemu)('[S08] opens in qemu-img as a vmfs disk whose content is the ciphertext', () => {
      const info = JSON.parse(qemuImg('info', '--output=json', lab.path('web.vmdk')));
      expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': IMAGE.length });
      expect(info['format-specific'].data['create-type']).toBe('vmfs');
      const compared = spawnSync(
        'qemu-img',
        ['compare', '-f', 'vmdk', '-F', 'raw', lab.path('web.vmdk'), join(root, 'plain.img')],
        { encoding: 'utf8' },
      );
      expect(compared.stdout).toContain('Content mismatch at offset 0!');
      qemuImg('convert', '-f', 'vmdk', '-O', 'raw', lab.path('web.vmdk'), join(root, 'seen.img'));
      expect(readFileSync(join(root, 'seen.img')).equals(readFileSync(lab.path('web-flat.vmdk')))).toBe(true);
    });

    it.runIf(hasQemu)('is exported as a plain disk that qemu-img finds equal and whole', async () => {
      const before = await lab.digest(lab.datastore);
      const exported = await lab.host.exportDisk(VM, 2000, { folder: root, name: 'copy' });
      expect(await lab.digest(lab.datastore)).toBe(before);
      expect(qemuImg('compare', '-f', 'vmdk', '-F', 'raw', exported.descriptorPath, join(root, 'plain.img'))).toContain(
        'identical',
      );
      expect(qemuImg('check', exported.descriptorPath)).toContain('No errors');
      await expect(lab.host.exportDisk(VM, 2000, { folder: root, name: 'copy' })).rejects.toThrow(/exists already/);
      expect(readFileSync(exported.extentPath).equals(IMAGE), 'what was there stays').toBe(true);
    });

    it.runIf(hasQemu)('survives qemu-img’s own writing into the descriptor', async () => {
      const saved = readFileSync(lab.path('web-flat.vmdk'));
      execFileSync('qemu-io', ['-f', 'vmdk', '-c', 'write -P 0x41 0 512', lab.path('web.vmdk')]);
      writeFileSync(lab.path('web-flat.vmdk'), saved);
      await lab.host.powerOnVm(VM);
      expect(await readSectors(await lab.host.openDisk(VM, 2000), 0, 1)).toEqual(
        new Uint8Array(IMAGE.subarray(0, 512)),
      );
      await lab.host.powerOffVm(VM);
    });
  },
);
