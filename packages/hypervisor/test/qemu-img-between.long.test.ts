// What a cut leaves of a change of keys, judged by others: qemu-img opens the descriptor that the VMX names, sees noise where the
// disk is encrypted, and OpenSSL's own XTS opens every data unit with a DEK that the descriptor seals.
import { execFileSync, spawnSync } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CryptoSpec, VmCreateSpec, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { readWhole, sectorCount, sectorIndex } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { dekIn, KEY, Lab, OTHER_KEY, pattern, plainVm, unlockByHand, VM, webVm } from './support/lab.js';

const hasQemu = spawnSync('qemu-img', ['--version']).status === 0;
if (!hasQemu) leftOut('qemu-img on what a cut leaves', 'qemu-img is not installed (package qemu-utils)');

const SECTORS = 32;
const STATES = 12;
const DATA = Buffer.from(pattern(SECTORS * 512, 9));
const disks = [{ capacity: sectorCount(SECTORS) }];
const shallow: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id };
const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
const encrypt: CryptoSpec = { type: 'Encrypt', cryptoKeyId: KEY.id };
const CHANGES: readonly [string, VmCreateSpec, VmReconfigureSpec][] = [
  ['a shallow recrypt', webVm({ disks }), { crypto: shallow }],
  ['a deep recrypt', webVm({ disks }), { crypto: deep }],
  ['a deep recrypt in place', webVm({ disks }), { crypto: deep, rewrite: 'inPlace' }],
  ['an encryption', plainVm({ disks }), { crypto: encrypt }],
  ['an encryption in place', plainVm({ disks }), { crypto: encrypt, rewrite: 'inPlace' }],
  ['a decryption', webVm({ disks }), { crypto: { type: 'Decrypt' } }],
  ['a decryption in place', webVm({ disks }), { crypto: { type: 'Decrypt' }, rewrite: 'inPlace' }],
];

/** Data of sector `index` under a DEK, by OpenSSL. */
function opened(ciphertext: Uint8Array, dek: Uint8Array, index: number): Buffer {
  const tweak = Buffer.alloc(16);
  tweak.writeBigUInt64LE(BigInt(index));
  const decipher = createDecipheriv('aes-256-xts', dek, tweak);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** Every DEK that a descriptor seals, opened with node:crypto alone. */
function deksIn(descriptor: string): Buffer[] {
  const bundle = /^encryptionKeys="(.*)"$/m.exec(descriptor)?.[1] ?? '';
  return [...bundle.matchAll(/HMAC%2dSHA%2d256,([^)]+)\)/g)].map(([, data = '']) => {
    const locked = Buffer.from(decodeURIComponent(data), 'base64');
    return dekIn(unlockByHand(locked, KEY.bytes) ?? unlockByHand(locked, OTHER_KEY.bytes) ?? '');
  });
}

describe.each(CHANGES)('what a cut leaves of %s', (_name, spec, change) => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'vcryptsim-between-'));
    writeFileSync(join(root, 'plain.img'), DATA);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.runIf(hasQemu)('opens for qemu-img and for another XTS, and its plain copy is equal', async () => {
    const memory = new MemoryFileSystem();
    const before = await Lab.safe({ files: memory });
    await before.host.createVm(spec);
    await before.host.powerOnVm(VM);
    const disk = await before.host.openDisk(VM, 2000);
    await disk.writeSectors(sectorIndex(0), DATA);
    await disk.flush();
    await before.host.powerOffVm(VM);
    await before.host.shutDown();
    const log = new CrashLog(memory);
    const lab = await Lab.safe({ files: log.files });
    const from = log.operations.length + 1;
    await lab.host.reconfigureVm(VM, change);
    for (const { files, name } of crashStates(log, { from, sample: STATES })) {
      const cut = await Lab.safe({ files });
      const fileName = /^scsi0:0\.fileName = "(.*)"$/m.exec(await cut.readText('web.vmx'))?.[1] ?? '';
      const descriptor = await cut.readText(fileName);
      const extentName = /VMFS "(.*)"/.exec(descriptor)?.[1] ?? '';
      const extent = await cut.read(extentName);
      writeFileSync(join(root, fileName), descriptor);
      writeFileSync(join(root, extentName), extent);
      expect(compared(root, fileName), name).toBe(DATA.equals(extent));
      const deks = deksIn(descriptor);
      const torn: number[] = [];
      for (let lba = 0; lba < SECTORS; lba += 1) {
        const sector = extent.subarray(lba * 512, lba * 512 + 512);
        const wanted = DATA.subarray(lba * 512, lba * 512 + 512);
        const isOpen = deks.some((dek) => opened(sector, dek, lba).equals(wanted)) || wanted.equals(sector);
        if (!isOpen) torn.push(lba);
      }
      // The sector in which a write in place was cut is for the journal to mend; anywhere else every sector is whole.
      expect(torn.length, `${name}: sectors ${torn.join(' ')}`).toBeLessThanOrEqual(
        change.rewrite === 'inPlace' ? 1 : 0,
      );
      await cut.host.powerOnVm(VM);
      await cut.host.powerOffVm(VM);
      await cut.host.exportDisk(VM, 2000, { folder: '/lab', name: 'copy' });
      for (const file of ['copy.vmdk', 'copy-flat.vmdk']) {
        writeFileSync(join(root, file), await readWhole(files, `/lab/${file}`, 2 ** 20));
      }
      expect(compared(root, 'copy.vmdk'), `${name}: its plain copy`).toBe(true);
    }
  });
});

/** Whether qemu-img, which must open the descriptor, finds the plain image behind it. */
function compared(root: string, fileName: string): boolean {
  const info = JSON.parse(
    execFileSync('qemu-img', ['info', '--output=json', join(root, fileName)], { encoding: 'utf8' }),
  );
  expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': DATA.length });
  const images = [join(root, fileName), join(root, 'plain.img')];
  const { status } = spawnSync('qemu-img', ['compare', '-f', 'vmdk', '-F', 'raw', ...images]);
  expect([0, 1]).toContain(status);
  return status === 0;
}
