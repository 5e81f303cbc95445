import { Dek, Kek, nativeEngine, resealDek } from '@vcryptsim/crypto-core';
import { formatBundle } from '@vcryptsim/hypervisor/formats';
import { sectorCount, type VmName } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, KEY, Lab, lockedIn, OTHER_KEY, OTHER_VM, plainVm, VM, webVm } from './support/lab.js';

const web = (file: string): string => `[ds1] web/${file}`;

/** A registered, powered-off VM; what `tamper` does is then met by power on and by a fresh registration. */
async function met(tamper: (lab: Lab) => Promise<void>): Promise<object> {
  const lab = await Lab.safe();
  await lab.host.createVm(webVm());
  await tamper(lab);
  const after = await lab.digest(lab.datastore);
  const fault = await faultOf(lab.host.powerOnVm(VM));
  expect(await lab.digest(lab.datastore), 'a refusal writes nothing').toBe(after);
  expect((await lab.host.vm(VM)).powerState).toBe('poweredOff');
  await lab.host.unregisterVm(VM);
  const again = await lab.host.registerVm(web('web.vmx')).then(
    (info) => info.cryptoState,
    (error: { fault: { code: string } }) => error.fault.code,
  );
  expect(await lab.digest(lab.datastore), 'a refused registration writes nothing').toBe(after);
  return { ...fault, again };
}

describe('[S21] an edit of the VMX', () => {
  it('harmless: comments, unknown keys, order, line ends', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const lines = (await lab.readText('web.vmx')).trimEnd().split('\n').reverse();
    await lab.overwrite('web.vmx', ['# edited by hand', 'my.note = "kept |22here|22"', '', ...lines, ''].join('\r\n'));
    await lab.edit('web.vmdk', '# Extent description', '# anything, really');
    await lab.edit('web.vmdk', /^CID=[0-9a-f]{8}$/m, 'CID=0badcafe');
    await lab.overwrite('web.vmdk', Buffer.concat([await lab.read('web.vmdk'), Buffer.alloc(100)]));
    await lab.host.powerOnVm(VM);
    expect((await lab.host.vm(VM)).powerState).toBe('poweredOn');
  });

  it('the bundle taken out: lost, and said so', async () => {
    const fault = await met((lab) => lab.edit('web.vmx', /^encryption.bundle.*\n/m, ''));
    expect(fault).toEqual({ code: 'BUNDLE_MISSING', file: web('web.vmx'), again: 'BUNDLE_MISSING' });
  });

  it('the bundle taken out: said so too by export, import and a change of keys, which write nothing', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.edit('web.vmx', /^encryption.bundle.*\n/m, '');
    const before = await lab.digest();
    const source = { sizeBytes: 512, read: async (): Promise<number> => 0 };
    const calls = [
      lab.host.exportDisk(VM, 2000, { folder: '/lab', name: 'copy' }),
      lab.host.importDisk(VM, 2000, source),
      lab.host.reconfigureVm(VM, { crypto: { type: 'Encrypt', cryptoKeyId: KEY.id } }),
      lab.host.reconfigureVm(VM, { crypto: { type: 'Decrypt' } }),
    ];
    for (const call of calls) {
      expect(await faultOf(call)).toEqual({ code: 'BUNDLE_MISSING', file: web('web.vmx') });
    }
    expect(await lab.digest()).toBe(before);
  });

  it.each([
    ['a byte of the locked data', (text: string) => flip(text, text.indexOf('256,') + 40)],
    ['cut short', (text: string) => text.replace(/.{20}\)\)"$/m, '))"')],
    ['made longer', (text: string) => text.replace(/\)\)"$/m, 'AAAA))"')],
    ['emptied', (text: string) => text.replace(/^encryption.bundle = .*$/m, 'encryption.bundle = ""')],
    ['another MAC', (text: string) => text.replace('HMAC%2dSHA%2d256', 'HMAC%2dSHA%2d1')],
  ])('the bundle: %s', async (_name, change) => {
    const fault = await met(async (lab) => lab.overwrite('web.vmx', change(await lab.readText('web.vmx'))));
    expect(fault).toEqual({ code: 'BUNDLE_TAMPERED', file: web('web.vmx'), again: 'BUNDLE_TAMPERED' });
  });

  it('the key ID of another key that is at hand', async () => {
    const fault = await met((lab) =>
      lab.edit('web.vmx', /corp%2dkms\/[^,]+,/, 'corp%2dkms/other%2fkey%2bwith%3dmarks,'),
    );
    expect(fault).toEqual({ code: 'BUNDLE_TAMPERED', file: web('web.vmx'), again: 'BUNDLE_TAMPERED' });
  });

  it('the key ID or the provider of a key that is not: locked, asking for it, until it is changed back', async () => {
    const fault = await met((lab) => lab.edit('web.vmx', 'corp%2dkms/', 'renamed/'));
    expect(fault).toEqual({
      code: 'VM_LOCKED',
      vm: 'web',
      requiredKeys: [{ keyId: KEY.id.keyId, providerId: 'renamed' }],
      again: 'locked',
    });
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.edit('web.vmx', 'corp%2dkms/', 'renamed/');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'VM_LOCKED' });
    expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
    await lab.edit('web.vmx', 'renamed/', 'corp%2dkms/');
    await lab.host.powerOnVm(VM);
    expect((await lab.host.vm(VM)).connectionState).toBe('connected');
  });

  it('the UUID', async () => {
    const fault = await met((lab) => lab.edit('web.vmx', /^vc.uuid = "4f/m, 'vc.uuid = "4e'));
    expect(fault).toEqual({
      code: 'DESCRIPTOR_MISMATCH',
      file: web('web.vmx'),
      field: 'vc.uuid',
      again: 'DESCRIPTOR_MISMATCH',
    });
  });

  it.each([
    ['a line that is none', /^displayName = .*$/m, 'displayName', { line: 4 }],
    ['a key twice', /^displayName = .*$/m, 'config.version = "8"', { line: 4 }],
    ['a disk without a file', 'fileName = "web.vmdk"', 'fileName = ""', { line: 14 }],
  ])('%s', async (_name, pattern, replacement, expected) => {
    const fault = await met((lab) => lab.edit('web.vmx', pattern, replacement));
    expect(fault).toMatchObject({ code: 'FILE_DAMAGED', file: web('web.vmx'), again: 'FILE_DAMAGED', ...expected });
  });
});

describe('a VM that is whole and not served is not called damaged', () => {
  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'a disk above the folder',
      'fileName = "web.vmdk"',
      'fileName = "../other/web.vmdk"',
      /web\.vmx, line 14: .*own folder/,
    ],
    [
      'a disk elsewhere',
      'fileName = "web.vmdk"',
      'fileName = "/vmfs/volumes/1/web.vmdk"',
      /web\.vmx, line 14: .*own folder/,
    ],
    ['a key safe', /^encryption\.bundle/m, 'encryption.keySafe', /Workstation or Fusion encrypted/],
    ['sealed data', /^encryption\.bundle/m, 'encryption.data', /Workstation or Fusion encrypted/],
    ['no vc.uuid', /^vc\.uuid.*\n/m, '', /not a virtual machine of vSphere/],
  ])('%s', async (_name, pattern, replacement, says) => {
    const fault = await met((lab) => lab.edit('web.vmx', pattern, replacement));
    expect(fault).toMatchObject({ code: 'NOT_SUPPORTED', again: 'NOT_SUPPORTED' });
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.edit('web.vmx', pattern, replacement);
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(says);
    await expect(lab.host.powerOnVm(VM)).rejects.not.toThrow(/Correct the file|saved copy/);
  });

  it('the NVRAM of a real product', async () => {
    const fault = await met((lab) => lab.overwrite('web.nvram', Buffer.from('MRVN'.padEnd(8684, '\0'))));
    expect(fault).toMatchObject({ code: 'NOT_SUPPORTED', what: 'NVRAM', again: 'NOT_SUPPORTED' });
  });

  it('a VMX that leaves the name of its NVRAM to VMware’s default', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.edit('web.vmx', /^nvram.*\n/m, '');
    await lab.host.powerOnVm(VM);
  });
});

describe('[S21] an edit of the descriptor', () => {
  const mismatch = (field: string): object => {
    return { code: 'DESCRIPTOR_MISMATCH', file: web('web.vmdk'), field, again: 'DESCRIPTOR_MISMATCH' };
  };

  it.each<[string, string | RegExp, string, object]>([
    ['capacity', 'RW 128 ', 'RW 64 ', mismatch('capacity')],
    ['data unit size', 'dataUnitSize = "512"', 'dataUnitSize = "4096"', mismatch('dataUnitSize')],
    ['cipher', 'cipher = "XTS-AES-256"', 'cipher = "NULL"', mismatch('cipher')],
    ['disk UUID', /^ddb.uuid = "60 00/m, 'ddb.uuid = "60 01', mismatch('disk')],
    ['extent', '"web-flat.vmdk"', '"web.nvram"', mismatch('extent')],
    ['keyID alone', /^keyID=.*$/m, 'keyID=0badcafe', mismatch('keyID')],
    ['keyID of no key', /^keyID=.*$/m, 'keyID=00000000', mismatch('keyID')],
    ['keyID that is no number', /^keyID=.*$/m, 'keyID="vmware:key/fqid/<VMWARE-NULL>/a/b"', mismatch('keyID')],
    ['keyID removed', /^keyID=.*\n/m, '', mismatch('keyID')],
    ['IO filter removed', /^ddb.iofilters.*\n/m, '', mismatch('ddb.iofilters')],
    [
      'bundle removed',
      /^encryptionKeys=.*\n/m,
      '',
      { code: 'BUNDLE_MISSING', file: web('web.vmdk'), again: 'BUNDLE_MISSING' },
    ],
    [
      'extent path outside',
      '"web-flat.vmdk"',
      '"../../etc/passwd"',
      { code: 'NOT_SUPPORTED', what: 'extent elsewhere', again: 'NOT_SUPPORTED' },
    ],
    [
      'extent path absolute',
      '"web-flat.vmdk"',
      '"/etc/passwd"',
      { code: 'NOT_SUPPORTED', what: 'extent elsewhere', again: 'NOT_SUPPORTED' },
    ],
    [
      'extent that is hidden',
      '"web-flat.vmdk"',
      '".web-flat.vmdk"',
      { code: 'NOT_SUPPORTED', what: 'extent elsewhere', again: 'NOT_SUPPORTED' },
    ],
    ['a second extent', /^RW .*$/m, '$&\n$&', { code: 'NOT_SUPPORTED', again: 'NOT_SUPPORTED' }],
    ['a negative size', 'RW 128 ', 'RW -128 ', { code: 'FILE_DAMAGED', line: 11, again: 'FILE_DAMAGED' }],
    ['2^63 sectors', 'RW 128 ', 'RW 9223372036854775808 ', { code: 'FILE_DAMAGED', line: 11, again: 'FILE_DAMAGED' }],
    ['an extent of zero sectors', 'RW 128 ', 'RW 0 ', { code: 'FILE_DAMAGED', line: 11, again: 'FILE_DAMAGED' }],
    ['a read-only extent', 'RW 128 ', 'RDONLY 128 ', { code: 'FILE_DAMAGED', line: 11, again: 'FILE_DAMAGED' }],
    ['a key twice', /^CID=.*$/m, '$&\n$&', { code: 'FILE_DAMAGED', line: 5, again: 'FILE_DAMAGED' }],
    ['a NUL in a line', 'createType', 'create\0Type', { code: 'FILE_DAMAGED', line: 6, again: 'FILE_DAMAGED' }],
    ['no CID', /^CID=.*\n/m, '', { code: 'FILE_DAMAGED', again: 'FILE_DAMAGED' }],
    ['a version of tomorrow', 'version=1', 'version=4', { code: 'NOT_SUPPORTED', again: 'NOT_SUPPORTED' }],
    [
      'an encoding that is not known',
      /encoding="UTF-8"([\s\S]*)$/,
      'encoding="x-none"$1# \u00e9\n',
      { code: 'NOT_SUPPORTED', what: 'encoding', again: 'NOT_SUPPORTED' },
    ],
    [
      'a VMFS extent with an offset',
      '"web-flat.vmdk"',
      '"web-flat.vmdk" 0',
      { code: 'FILE_DAMAGED', line: 11, again: 'FILE_DAMAGED' },
    ],
    [
      'a snapshot’s parent',
      'parentCID=ffffffff',
      'parentCID=12345678',
      { code: 'FILE_DAMAGED', again: 'FILE_DAMAGED' },
    ],
  ])('%s', async (_name, pattern, replacement, expected) => {
    expect(await met((lab) => lab.edit('web.vmdk', pattern, replacement))).toMatchObject(expected);
  });

  it.each<[string, Uint8Array, object]>([
    ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28, 0x0a]), { code: 'FILE_DAMAGED', line: 26 }],
    ['a line of 1 MiB', Buffer.from(`# ${'x'.repeat(2 ** 20)}\n`), {}],
    ['more lines than are read', Buffer.alloc(300_000, '\n'), { code: 'FILE_DAMAGED' }],
    ['more bytes than are read', Buffer.alloc(17 * 1024 * 1024, 'x'), { code: 'FILE_DAMAGED' }],
    [
      '100,000 extents',
      Buffer.from('RW 1 VMFS "x.vmdk"\n'.repeat(100_000)),
      { code: 'NOT_SUPPORTED', what: 'extents' },
    ],
  ])('%s at the end', async (_name, bytes, expected) => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.overwrite('web.vmdk', Buffer.concat([await lab.read('web.vmdk'), bytes]));
    if (Object.keys(expected).length === 0) await lab.host.powerOnVm(VM);
    else expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject(expected);
  });

  it('every word of encryption taken out: never opened as a plain disk', async () => {
    const fault = await met(async (lab) => {
      for (const line of [/^keyID=.*\n/m, /^encryptionKeys=.*\n/m, /^ddb.iofilters.*\n/m])
        await lab.edit('web.vmdk', line, '');
    });
    expect(fault).toEqual({ code: 'BUNDLE_MISSING', file: web('web.vmdk'), again: 'BUNDLE_MISSING' });
  });

  it('a byte of the bundle', async () => {
    const fault = await met(async (lab) => {
      const text = await lab.readText('web.vmdk');
      await lab.overwrite('web.vmdk', flip(text, text.indexOf('256,') + 40));
    });
    expect(fault).toEqual({ code: 'BUNDLE_TAMPERED', file: web('web.vmdk'), again: 'BUNDLE_TAMPERED' });
  });

  it('says both values in its sentence', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.edit('web.vmdk', 'RW 128 ', 'RW 64 ');
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(/capacity says 64, but the sealed copy says 128/);
  });
});

describe('[S21] files that change places', () => {
  it('the bundle of another disk of the same VM and key', async () => {
    const lab = await Lab.safe();
    const disk = { capacity: sectorCount(128) };
    await lab.host.createVm(webVm({ disks: [disk, disk] }));
    const other = /^encryptionKeys=.*$/m.exec(await lab.readText('web_1.vmdk'))?.[0] ?? '';
    await lab.edit('web.vmdk', /^encryptionKeys=.*$/m, other);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'disk' });
  });

  it('two descriptors of one VM exchanged: both files are named', async () => {
    const lab = await Lab.safe();
    const disk = { capacity: sectorCount(128) };
    await lab.host.createVm(webVm({ disks: [disk, disk, disk] }));
    const [one, two] = [await lab.readText('web.vmdk'), await lab.readText('web_1.vmdk')];
    await lab.overwrite('web.vmdk', two);
    await lab.overwrite('web_1.vmdk', one);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'descriptor' });
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(/web\/web\.vmdk .*web\/web_1\.vmdk: .*exchanged/);
    expect((await lab.host.vm(VM)).problem).toContain('Exchange them back');
    await lab.overwrite('web.vmdk', one);
    await lab.overwrite('web_1.vmdk', two);
    await lab.host.powerOnVm(VM);
  });

  it('a descriptor that was renamed together with its line: harmless', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.files.rename(lab.path('web.vmdk'), lab.path('renamed.vmdk'));
    await lab.edit('web.vmx', 'fileName = "web.vmdk"', 'fileName = "renamed.vmdk"');
    await lab.host.powerOnVm(VM);
  });

  it('a key that is not the one that sealed it, under the same ID: both causes are named', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant({ id: KEY.id, bytes: new Uint8Array(32).fill(9) })]);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'BUNDLE_TAMPERED' });
    const { problem } = await lab.host.vm(VM);
    expect(problem).toMatch(
      /does not open with key .*3fa85f64.*Either that key is not the one.*or the bundle was changed/,
    );
  });

  it('a bundle of another generation, as a rollback after a deep recrypt would leave it', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const locked = lockedIn(await lab.readText('web.vmdk'));
    const dek = Dek.unseal({ engine: nativeEngine(), kek: Kek.take(KEY.bytes.slice()), locked });
    const key = Kek.take(KEY.bytes.slice());
    const binding = { ...dek.binding, generation: '2' };
    const next = resealDek({ locked, from: key, to: key, binding, iv: new Uint8Array(16) });
    const bundle = formatBundle([{ keyId: KEY.id, locked: next }]);
    await lab.edit('web.vmdk', /^encryptionKeys=.*$/m, `encryptionKeys="${bundle}"`);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'generation' });
  });

  it('bundle, descriptor and NVRAM of another VM with the same key', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.createVm(webVm({ name: 'two' as VmName, uuid: OTHER_VM }));
    const own = await lab.readText('web.vmx');
    const theirs = /^encryption.bundle.*$/m.exec(await lab.readText('two/two.vmx'))?.[0] ?? '';
    await lab.edit('web.vmx', /^encryption.bundle.*$/m, theirs);
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'vm' });
    await lab.overwrite('web.vmx', own);
    const nvram = await lab.read('web.nvram');
    await lab.overwrite('web.nvram', await lab.read('two/two.nvram'));
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual({ code: 'ENVELOPE_TAMPERED', file: web('web.nvram') });
    await lab.overwrite('web.nvram', nvram);
    await lab.host.powerOnVm(VM);
  });

  it('NVRAM with a flipped bit, cut short, or plain', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const nvram = await lab.read('web.nvram');
    const flipped = nvram.slice();
    flipped[30] = (flipped[30] ?? 0) ^ 1;
    const inPage = nvram.slice();
    inPage[5000] = (inPage[5000] ?? 0) ^ 1;
    const longer = Buffer.concat([nvram, nvram.subarray(-4096)]);
    for (const bad of [flipped, inPage, longer, nvram.subarray(0, 20), nvram.subarray(0, 4096)]) {
      await lab.overwrite('web.nvram', bad);
      expect(await faultOf(lab.host.powerOnVm(VM))).toEqual({ code: 'ENVELOPE_TAMPERED', file: web('web.nvram') });
    }
    await lab.overwrite('web.nvram', 'VCNVRAM1\0\0');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED', file: web('web.nvram') });
  });

  it('[S07] an encrypted disk put into a plain VM', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.createVm(plainVm({ name: 'two' as VmName, uuid: OTHER_VM }));
    for (const file of ['web.vmdk', 'web-flat.vmdk']) await lab.overwrite(`two/${file}`, await lab.read(file));
    await lab.edit('two/two.vmx', 'fileName = "two.vmdk"', 'fileName = "web.vmdk"');
    const before = await lab.digest();
    const fault = { code: 'ENCRYPTED_DISK_ON_PLAIN_VM', disk: '[ds1] two/web.vmdk' };
    expect(await faultOf(lab.host.powerOnVm(OTHER_VM))).toEqual(fault);
    expect(await lab.digest()).toBe(before);
    await lab.host.unregisterVm(OTHER_VM);
    expect(await faultOf(lab.host.registerVm('[ds1] two/two.vmx'))).toEqual(fault);
  });

  it('a host that meets the folder anew says nothing without the key, and all with it', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const thief = await Lab.boot({ files: lab.files });
    expect(await thief.host.vms(), 'same folder of its own: start from an empty one').toHaveLength(1);
    await thief.host.unregisterVm(VM);
    const info = await thief.host.registerVm(web('web.vmx'));
    expect(info).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid', missingKeys: [KEY.id] });
    expect(await faultOf(thief.host.powerOnVm(VM))).toMatchObject({ code: 'VM_LOCKED' });
    expect(await faultOf(thief.host.exportDisk(VM, 2000, { folder: '/lab', name: 'loot' }))).toMatchObject({
      code: 'VM_LOCKED',
    });
    await thief.enableCrypto();
    await thief.host.addKeys([grant(KEY)]);
    await thief.host.powerOnVm(VM);
  });
});

describe('extents', () => {
  it('missing, shorter or longer than the disk', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const flat = await lab.read('web-flat.vmdk');
    await lab.overwrite('web-flat.vmdk', Buffer.concat([flat, Buffer.alloc(512)]));
    await lab.host.powerOnVm(VM);
    expect(lab.events).toContainEqual(expect.objectContaining({ type: 'EXTENT_TOO_LONG', vm: VM, surplusBytes: 512 }));
    await lab.host.powerOffVm(VM);
    await lab.overwrite('web-flat.vmdk', flat.subarray(0, flat.length - 1));
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'FILE_DAMAGED', file: web('web-flat.vmdk') });
    await lab.files.unlink(lab.path('web-flat.vmdk'));
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({
      code: 'FILE_DAMAGED',
      what: expect.stringContaining('it is missing'),
    });
  });
});

describe('[S30] a disk with a key of its own', () => {
  it('whose key is missing: the VM looks normal, and power on names the disk', async () => {
    const lab = await Lab.safe();
    const crypto = { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id } as const;
    await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(8) }, { capacity: sectorCount(8), crypto }] }));
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY)]);
    const info = await lab.host.vm(VM);
    expect(info).toMatchObject({ connectionState: 'connected', cryptoState: 'unlocked', missingKeys: [OTHER_KEY.id] });
    expect(info.disks.map(({ unlocked }) => unlocked)).toEqual([true, false]);
    const before = await lab.digest();
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual({
      code: 'DISK_KEY_MISSING',
      disk: web('web_1.vmdk'),
      requiredKeys: [OTHER_KEY.id],
    });
    await expect(lab.host.powerOnVm(VM)).rejects.toThrow(
      'The disk [ds1] web/web_1.vmdk is encrypted and a required key was not found.',
    );
    expect(await lab.digest()).toBe(before);
    await lab.edit('web.vmx', 'scsi0:1.present = "TRUE"', 'scsi0:1.present = "FALSE"');
    await lab.host.powerOnVm(VM);
    expect((await lab.host.vm(VM)).disks).toHaveLength(1);
  });
});

/** Changes one base64 letter into another. */
function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}
