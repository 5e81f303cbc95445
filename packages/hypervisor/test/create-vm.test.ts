import { createDecipheriv } from 'node:crypto';
import { encryptedObjectOf } from '@vcryptsim/hypervisor/formats';
import { sectorCount, sectorIndex, type VmName } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import {
  dekIn,
  faultOf,
  HOST_KEY,
  KEY,
  kek,
  Lab,
  lockedIn,
  OTHER_KEY,
  OTHER_VM,
  pattern,
  plainVm,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

describe('an encrypted VM', () => {
  it('[S08] has a descriptor in clear but for the DEK, and an extent without any of the guest’s bytes', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    const secret = pattern(2048);
    await disk.writeSectors(sectorIndex(3), secret);
    const descriptor = await lab.readText('web.vmdk');
    expect(descriptor).toContain('createType="vmfs"');
    expect(descriptor).toContain('RW 128 VMFS "web-flat.vmdk"\n');
    expect(descriptor).toContain('ddb.iofilters = "vmwarevmcrypt"');
    expect(descriptor).toContain(`fqid/<VMWARE-NULL>/corp%2dkms/${KEY.id.keyId.replaceAll('-', '%2d')}`);
    expect(await lab.filesWith(secret.subarray(0, 16))).toEqual([]);
    const withZeros = await lab.filesWith(new Uint8Array(16), `${lab.datastore}/web`);
    expect(withZeros, 'zeros are ciphertext too, but in the header of an encobj, and in the holes of swap').toEqual([
      expect.stringMatching(/\/web-[0-9a-f]{8}\.vswp$/),
      lab.path('web.nvram'),
    ]);
    const pages = Buffer.from((await lab.read('web.nvram')).subarray(4096));
    expect(pages.includes(Buffer.alloc(16))).toBe(false);
  });

  it('[S08] sector 0 opens with node’s own aes-256-xts and a DEK unsealed by hand', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    const written = pattern(1024);
    await disk.writeSectors(sectorIndex(0), written);
    const dictionary = unlockByHand(lockedIn(await lab.readText('web.vmdk')), KEY.bytes);
    expect(dictionary).toMatch(/^type=key:cipher=XTS-AES-256:key=/);
    const dek = dekIn(dictionary ?? '');
    expect(dek.length).toBe(64);
    const flat = await lab.read('web-flat.vmdk');
    for (const unit of [0, 1]) {
      const tweak = Buffer.alloc(16);
      tweak.writeUInt32LE(unit, 0);
      const xts = createDecipheriv('aes-256-xts', dek, tweak);
      const plain = xts.update(flat.subarray(unit * 512, unit * 512 + 512));
      expect(Buffer.compare(plain, Buffer.from(written.subarray(unit * 512, unit * 512 + 512)))).toBe(0);
    }
  });

  it('[S03] seals its DEKs so that the KEK and nothing else opens them, and leaves no key in any file', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.powerOnVm(VM);
    const deks: Buffer[] = [];
    for (const file of ['web.vmx', 'web.vmdk']) {
      const locked = lockedIn(await lab.readText(file));
      for (const wrong of [OTHER_KEY, HOST_KEY, kek('no such key')])
        expect(unlockByHand(locked, wrong.bytes)).toBeNull();
      deks.push(dekIn(unlockByHand(locked, KEY.bytes) ?? ''));
    }
    expect(deks[0]?.equals(deks[1] as Buffer), 'VM home and disk have a DEK each').toBe(false);
    for (const key of [KEY.bytes, HOST_KEY.bytes, ...deks]) expect(await lab.filesWith(key)).toEqual([]);
    await lab.overwrite('planted.bin', Buffer.concat([Buffer.alloc(7), KEY.bytes]));
    expect(await lab.filesWith(KEY.bytes), 'the search finds what is there').toHaveLength(1);
  });

  it('[S05] has its NVRAM sealed, and its log and the rest of its VMX in clear', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const secret = Buffer.from(`setup password of ${VM}`);
    expect(await lab.filesWith(secret)).toEqual([]);
    const nvram = await lab.read('web.nvram');
    expect(encryptedObjectOf(nvram)?.version).toBe(1);
    expect(nvram).toHaveLength(8192);
    const vmx = await lab.readText('web.vmx');
    expect(vmx).toContain('displayName = "web"\n');
    expect(vmx).toContain('encryption.bundle = "vmware:key/list/(pair/(fqid/');
    expect(await lab.readText('vmware.log')).toContain('Created virtual machine');
    const other = await Lab.safe();
    await other.host.createVm(plainVm());
    expect(await other.filesWith(secret)).toEqual([other.path('web.nvram')]);
  });

  it('may have a key of its own for each disk, and a plain disk', async () => {
    const lab = await Lab.safe();
    const own = { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id } as const;
    const info = await lab.host.createVm(
      webVm({
        disks: [
          { capacity: sectorCount(8) },
          { capacity: sectorCount(8), crypto: own, dataUnitSizeBytes: 4096 },
          { capacity: sectorCount(8), crypto: { type: 'NoOp' } },
        ],
      }),
    );
    expect(info.disks.map(({ deviceKey, fileName, keyId }) => ({ deviceKey, fileName, keyId }))).toEqual([
      { deviceKey: 2000, fileName: '[ds1] web/web.vmdk', keyId: KEY.id },
      { deviceKey: 2001, fileName: '[ds1] web/web_1.vmdk', keyId: OTHER_KEY.id },
      { deviceKey: 2002, fileName: '[ds1] web/web_2.vmdk', keyId: null },
    ]);
    expect(info.keyId).toEqual(KEY.id);
    await lab.host.powerOnVm(VM);
    expect((await lab.host.vm(VM)).powerState).toBe('poweredOn');
  });

  it('has a folder of its own where another VM of its name, or what is left of one, has the first', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.files.mkdir(`${lab.datastore}/web_1`);
    const first = await lab.digest(`${lab.datastore}/web`);
    const second = await lab.host.createVm(webVm({ uuid: OTHER_VM }));
    expect(second).toMatchObject({ name: 'web', vmxPath: '[ds1] web_2/web.vmx' });
    expect(second.disks[0]?.fileName).toBe('[ds1] web_2/web.vmdk');
    for (const uuid of [VM, OTHER_VM]) {
      await lab.host.powerOnVm(uuid);
      await (await lab.host.openDisk(uuid, 2000)).writeSectors(sectorIndex(0), pattern(512, uuid.length));
      await lab.host.powerOffVm(uuid);
    }
    expect(await lab.digest(`${lab.datastore}/web`)).not.toBe(first);
    await lab.host.unregisterVm(OTHER_VM);
    expect(await lab.host.registerVm('[ds1] web_2/web.vmx')).toEqual(second);
  });

  it('says so in events, after the fact', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    expect(lab.events.slice(-2)).toEqual([
      { type: 'VM_CREATED', vm: VM, encrypted: true, disks: 1 },
      { type: 'VM_REGISTERED', vm: VM, encrypted: true },
    ]);
  });
});

describe('creating a VM is refused and leaves nothing', () => {
  const encrypt = { type: 'Encrypt', cryptoKeyId: KEY.id } as const;
  const disk = { capacity: sectorCount(8) };
  const refusals: [string, Parameters<typeof webVm>[0], object][] = [
    [
      'a key that is not in the cache',
      { crypto: { type: 'Encrypt', cryptoKeyId: kek('x').id } },
      { code: 'KEY_NOT_IN_CACHE', requiredKeys: [kek('x').id] },
    ],
    [
      'another crypto spec',
      { crypto: { type: 'DeepRecrypt', newKeyId: KEY.id } },
      { code: 'NOT_SUPPORTED', what: 'DeepRecrypt' },
    ],
    ['a name that leaves the datastore', { name: '../evil' as VmName }, { code: 'INVALID_ARGUMENT', what: 'name' }],
    ['a UUID that is none', { uuid: 'web' as typeof VM }, { code: 'INVALID_ARGUMENT', what: 'uuid' }],
    [
      'half a data unit',
      { disks: [{ capacity: sectorCount(9), dataUnitSizeBytes: 4096 }] },
      { code: 'INVALID_ARGUMENT', what: 'disks.capacity' },
    ],
    ['no sectors', { disks: [{ capacity: sectorCount(0) }] }, { code: 'INVALID_ARGUMENT', what: 'disks.capacity' }],
    [
      'two disks in one file',
      { disks: [disk, { ...disk, fileName: 'web' }] },
      { code: 'INVALID_ARGUMENT', what: 'disks' },
    ],
    [
      'more disks than units',
      { disks: Array.from({ length: 61 }, () => disk) },
      { code: 'INVALID_ARGUMENT', what: 'disks' },
    ],
    ['a datastore that is not there', { datastore: 'ds9' }, { code: 'INVALID_ARGUMENT', what: 'datastore' }],
  ];
  it.each(refusals)('%s', async (_name, changes, fault) => {
    const lab = await Lab.safe();
    const before = await lab.digest();
    expect(await faultOf(lab.host.createVm(webVm(changes)))).toMatchObject(fault);
    expect(await lab.digest()).toBe(before);
    expect(await lab.host.vms()).toEqual([]);
  });

  it('[S07] an encrypted disk for a plain VM', async () => {
    const lab = await Lab.safe();
    const before = await lab.digest();
    const spec = plainVm({ disks: [{ ...disk, crypto: encrypt }] });
    expect(await faultOf(lab.host.createVm(spec))).toEqual({ code: 'ENCRYPTED_DISK_ON_PLAIN_VM', disk: 'web.vmdk' });
    expect(await lab.digest()).toBe(before);
  });

  it('a host that is not safe', async () => {
    const lab = await Lab.boot();
    expect(await faultOf(lab.host.createVm(webVm()))).toEqual({ code: 'INVALID_STATE', state: 'incapable' });
    expect((await lab.host.createVm(plainVm())).keyId).toBeNull();
  });

  it('a UUID that is taken', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const before = await lab.digest();
    expect(await faultOf(lab.host.createVm(webVm({ name: 'web2' as VmName })))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await lab.digest()).toBe(before);
  });
});
