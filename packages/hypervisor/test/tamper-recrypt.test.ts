// Files edited by hand, and older files put back, around a change of keys (facts/reliability.md 4.2).
import type { CryptoSpec, RewriteWay } from '@vcryptsim/hypervisor/api';
import { decodeText, parseDescriptor, Vmx } from '@vcryptsim/hypervisor/formats';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import {
  faultOf,
  KEY,
  Lab,
  type LabOptions,
  lockedIn,
  OTHER_KEY,
  pattern,
  readSectors,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

const SECTORS = 16;
const DATA = pattern(SECTORS * 512);
const deep: CryptoSpec = { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id };
const shallow: CryptoSpec = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id };

/** A VM with what its guest wrote; powered off. */
async function made(options: LabOptions = {}): Promise<Lab> {
  const lab = await Lab.safe(options);
  await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(SECTORS) }] }));
  await lab.host.powerOnVm(VM);
  const disk = await lab.host.openDisk(VM, 2000);
  await disk.writeSectors(sectorIndex(0), DATA);
  await disk.flush();
  await lab.host.powerOffVm(VM);
  return lab;
}

/** Powers on, compares the disk, powers off. */
async function expectData(lab: Lab, what = ''): Promise<void> {
  await lab.host.powerOnVm(VM);
  expect(Buffer.compare(await readSectors(await lab.host.openDisk(VM, 2000), 0, SECTORS), DATA), what).toBe(0);
  await lab.host.powerOffVm(VM);
}

/** The descriptor that the VMX names now. */
async function descriptorOf(lab: Lab): Promise<string> {
  return Vmx.read(await lab.read('web.vmx'), 'f').get('scsi0:0.fileName') ?? '';
}

/** Every file of the VM. */
async function copies(lab: Lab): Promise<Map<string, Uint8Array>> {
  const names = (await lab.files.readdir(`${lab.datastore}/web`)).filter((name) => name !== 'vmware.log');
  return new Map(await Promise.all(names.map(async (name) => [name, (await lab.read(name)).slice()] as const)));
}

describe('[S21] harmless edits pass, also across a change of keys', () => {
  it.each<[string, readonly CryptoSpec[], RewriteWay?]>([
    ['a shallow recrypt', [shallow]],
    ['a deep recrypt in place', [deep], 'inPlace'],
    [
      'a decryption and an encryption in place',
      [{ type: 'Decrypt' }, { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id }],
      'inPlace',
    ],
    ['a deep recrypt', [deep]],
    ['both, and back', [shallow, deep, { ...deep, newKeyId: KEY.id }, { ...shallow, newKeyId: OTHER_KEY.id }]],
    ['a decryption and an encryption', [{ type: 'Decrypt' }, { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id }]],
  ])('%s', async (_name, changes, rewrite = 'beside') => {
    const lab = await made();
    const vmxLines = (await lab.readText('web.vmx')).trimEnd().split('\n').reverse();
    const own = ['# by hand, \u00e9', '', 'MY.note = kept as it is  # and why', '\tmy.other\t=\t"a|22b"'];
    await lab.overwrite('web.vmx', [...own, ...vmxLines, ''].join('\r\n'));
    const head = '# Disk DescriptorFile\n# mine: \u00e9\n\n';
    await lab.edit('web.vmdk', '# Disk DescriptorFile\n', head);
    await lab.edit('web.vmdk', 'createType="vmfs"\n', 'CREATETYPE = "vmfs" # as it was\nmy.key=1\n');
    await lab.edit('web.vmdk', /^RW /m, 'rw   ');
    await lab.edit('web.vmdk', /^keyID=([0-9a-f]+)$/m, 'KeyID = "$1"');
    await lab.edit('web.vmdk', 'ddb.iofilters = "vmwarevmcrypt"\n', 'ddb.iofilters = "spm, vmwarevmcrypt"\r\n');
    await expectData(lab, 'before');
    for (const crypto of changes) {
      await lab.host.reconfigureVm(VM, { crypto, rewrite });
      await expectData(lab, crypto.type);
      const vmx = await lab.readText('web.vmx');
      for (const line of own) expect(vmx, crypto.type).toContain(`${line}\r\n`);
      const descriptor = await lab.readText(await descriptorOf(lab));
      expect(descriptor).toContain(head);
      expect(descriptor).toMatch(/^CREATETYPE = "vmfs" # as it was\nmy\.key=1$|^CREATETYPE = "vmfs" # as it was$/m);
      expect(descriptor).toMatch(/^my\.key=1$/m);
      expect(descriptor).toMatch(/^rw {3}\d+ VMFS "/m);
      expect(descriptor).toMatch(
        crypto.type === 'Decrypt' ? /^ddb\.iofilters = "spm"\r$/m : /^ddb\.iofilters = "spm, ?vmwarevmcrypt"\r$/m,
      );
    }
    expect((await lab.host.vm(VM)).keyId).toEqual(OTHER_KEY.id);
  });

  it('keyID stays across a shallow recrypt, is another after a deep one, and goes with the encryption', async () => {
    const lab = await made();
    const keyId = async (): Promise<string | undefined> => {
      const name = await descriptorOf(lab);
      return parseDescriptor(decodeText(await lab.read(name), name), name).header.get('keyid');
    };
    const first = await keyId();
    expect(first).toMatch(/^[0-9a-f]{8}$/);
    expect(first).not.toBe('00000000');
    await lab.host.reconfigureVm(VM, { crypto: shallow });
    expect(await keyId()).toBe(first);
    await lab.host.reconfigureVm(VM, { crypto: { ...deep, newKeyId: KEY.id } });
    expect(await keyId()).toMatch(/^[0-9a-f]{8}$/);
    expect(await keyId()).not.toBe(first);
    await lab.host.reconfigureVm(VM, { crypto: { type: 'Decrypt' } });
    expect(await keyId()).toBeUndefined();
  });
});

describe('[S21] older files put back after a deep recrypt', () => {
  it('the descriptor alone: the generations differ', async () => {
    const lab = await made();
    const older = await lab.read('web.vmdk');
    await lab.host.reconfigureVm(VM, { crypto: deep });
    const now = await descriptorOf(lab);
    const newer = await lab.read(now);
    // Its old extent is gone, so the older descriptor is given the new one: only the sealed copy tells.
    const extent = /VMFS "([^"]+)"/.exec(Buffer.from(newer).toString())?.[1] ?? '';
    for (const text of [
      Buffer.from(older).toString(),
      Buffer.from(older).toString().replace('web-flat.vmdk', extent),
    ]) {
      await lab.overwrite(now, text);
      const before = await lab.digest(lab.datastore);
      expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH' });
      expect(await lab.digest(lab.datastore)).toBe(before);
    }
    await lab.overwrite(now, newer);
    await expectData(lab);
  });

  it('its bundle and keyID alone: the generations differ, and both are named', async () => {
    const lab = await made();
    const [bundle, keyId] = [/^encryptionKeys=.*$/m, /^keyID=.*$/m];
    const older = await lab.readText('web.vmdk');
    await lab.host.reconfigureVm(VM, { crypto: deep });
    const now = await descriptorOf(lab);
    await lab.edit(now, bundle, bundle.exec(older)?.[0] ?? '');
    await lab.edit(now, keyId, keyId.exec(older)?.[0] ?? '');
    const extent = /VMFS "([^"]+)"/.exec(await lab.readText(now))?.[1] ?? '';
    await lab.files.link(lab.path(extent), lab.path('web-flat.vmdk'));
    await lab.edit(now, extent, 'web-flat.vmdk');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'generation' });
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(/generation says 2, but the sealed copy says 1/);
  });

  it('the VMX alone: what it names is gone, or is not what it knows', async () => {
    const lab = await made();
    const older = await lab.read('web.vmx');
    await lab.host.reconfigureVm(VM, { crypto: deep });
    const now = await descriptorOf(lab);
    const newer = await lab.read('web.vmx');
    await lab.overwrite('web.vmx', older);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED' });
    // Somebody points it to the descriptor and NVRAM of today.
    await lab.edit('web.vmx', 'fileName = "web.vmdk"', `fileName = "${now}"`);
    const nvram = Vmx.read(newer, 'f').get('nvram') ?? '';
    if (nvram !== 'web.nvram') await lab.edit('web.vmx', 'nvram = "web.nvram"', `nvram = "${nvram}"`);
    const { code } = await faultOf(lab.host.powerOnVm(VM));
    expect(['DESCRIPTOR_MISMATCH', 'ENVELOPE_TAMPERED']).toContain(code);
    await lab.overwrite('web.vmx', newer);
    await expectData(lab);
  });

  it('all of them together are the older VM: nothing outside them remembers, and the documentation says so', async () => {
    const lab = await made();
    const older = await copies(lab);
    await lab.host.reconfigureVm(VM, { crypto: deep });
    for (const name of await lab.files.readdir(`${lab.datastore}/web`)) await lab.files.unlink(lab.path(name));
    for (const [name, bytes] of older) await lab.overwrite(name, bytes);
    await expectData(lab);
    expect((await lab.host.vm(VM)).keyId).toEqual(KEY.id);
  });
});

describe('[S21] a bundle that is lost', () => {
  it.each([
    ['of the VMX', 'web.vmx', /^encryption\.bundle.*\n/m],
    ['of the descriptor', 'web.vmdk', /^encryptionKeys=.*\n/m],
  ])('%s takes the data with it, whoever has all keys; a saved copy brings it back', async (_name, fileName, line) => {
    const lab = await made();
    const saved = await lab.read(fileName);
    const locked = lockedIn(await lab.readText(fileName));
    const dictionary = unlockByHand(locked, KEY.bytes);
    expect(dictionary, 'the KEK opens it').toMatch(/^type=key:/);
    await lab.edit(fileName, line, '');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
      code: 'BUNDLE_MISSING',
      file: `[ds1] web/${fileName}`,
    });
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(/without the bundle the data cannot be recovered/);
    // Export reads the disk and no NVRAM: it sees an encrypted disk of a VM that seems to be plain.
    const refusals = ['BUNDLE_MISSING', 'ENCRYPTED_DISK_ON_PLAIN_VM'];
    expect(refusals).toContain((await faultOf(lab.host.exportDisk(VM, 2000, { folder: '/lab', name: 'loot' }))).code);
    const before = await lab.digest(lab.datastore);
    const anew: CryptoSpec = { type: 'Encrypt', cryptoKeyId: KEY.id };
    for (const crypto of [deep, shallow, { type: 'Decrypt' }, anew] satisfies CryptoSpec[]) {
      const { code } = await faultOf(lab.host.reconfigureVm(VM, { crypto }));
      expect([...refusals, 'VM_NOT_ENCRYPTED', 'DESCRIPTOR_MISMATCH'], crypto.type).toContain(code);
      expect(await lab.digest(lab.datastore), crypto.type).toBe(before);
    }
    // Nowhere is there another copy of what the KEK would open: not on the datastore, not in the host's own folder.
    for (const at of [0, 16, locked.length - 32]) {
      expect(await lab.filesWith(locked.subarray(at, at + 16))).toEqual([]);
    }
    await lab.overwrite(fileName, saved);
    await expectData(lab);
  });
});

describe('[S21] a forged "decrypting" state (CVE-2021-4122)', () => {
  it('put beside a disk that is not being decrypted is refused, and not a byte of the disk is turned to plain', async () => {
    const files = new MemoryFileSystem();
    const first = await made({ files });
    await first.host.shutDown();
    const log = new CrashLog(files.fork());
    const lab = await Lab.safe({ files: log.files });
    const from = log.operations.length + 1;
    await lab.host.reconfigureVm(VM, { crypto: { type: 'Decrypt' }, rewrite: 'inPlace' });
    let tried = 0;
    for (const { files: cut, name } of crashStates(log, { from, sample: 80 })) {
      // The attacker kept what a cut decryption of this very VM left, and puts back all of it but the VMX.
      const forged = await Lab.boot({ files: cut });
      const names = await cut.readdir(`${forged.datastore}/web`);
      const journal = names.find((one) => one.endsWith('.journal'));
      const descriptor = await descriptorOf(forged);
      if (journal === undefined || !(await forged.readText(descriptor)).includes(journal)) continue;
      tried += 1;
      const victim = await Lab.safe({ files: files.fork() });
      await victim.overwrite('web.vmdk', await forged.read(descriptor));
      await victim.overwrite(journal, await forged.read(journal));
      const before = await victim.digest(victim.datastore);
      expect(await faultOf(victim.host.powerOnVm(VM)), name).toMatchObject({ code: 'DESCRIPTOR_MISMATCH' });
      expect(await victim.digest(victim.datastore), name).toBe(before);
    }
    expect(tried).toBeGreaterThan(10);
  });
});
