// Disks that come, go and grow, judged by the files and by what the guest reads.
import type { VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import {
  faultOf,
  grant,
  HOST_KEY,
  KEY,
  Lab,
  OTHER_KEY,
  OTHER_VM,
  pattern,
  plainVm,
  readSectors,
  VM,
  webVm,
} from './support/lab.js';

const SECTORS = 64;
const NONE = new Uint8Array(0);
const size = { capacity: sectorCount(SECTORS) };
const disks = [size, { ...size, dataUnitSizeBytes: 4096 }] as const;
const dataOf = (deviceKey: number): Uint8Array => pattern(SECTORS * 512, deviceKey);

async function write(lab: Lab, deviceKeys: readonly number[]): Promise<void> {
  await lab.host.powerOnVm(VM);
  for (const deviceKey of deviceKeys) {
    const disk = await lab.host.openDisk(VM, deviceKey);
    await disk.writeSectors(sectorIndex(0), dataOf(deviceKey));
    await disk.flush();
  }
  await lab.host.powerOffVm(VM);
}

/** What the guest of `web` reads of each disk, by device key. */
async function read(lab: Lab, sectors = SECTORS): Promise<Record<number, Uint8Array>> {
  await lab.host.powerOnVm(VM);
  const seen: Record<number, Uint8Array> = {};
  for (const { deviceKey } of (await lab.host.vm(VM)).disks) {
    seen[deviceKey] = await readSectors(await lab.host.openDisk(VM, deviceKey), 0, sectors);
  }
  await lab.host.powerOffVm(VM);
  return seen;
}

async function written(spec = webVm({ disks })): Promise<Lab> {
  const lab = await Lab.safe();
  await lab.host.createVm(spec);
  await write(lab, [2000, 2001]);
  return lab;
}

const names = async (lab: Lab) => (await lab.files.readdir(`${lab.datastore}/web`)).toSorted();
const change = (lab: Lab, spec: VmReconfigureSpec) => lab.host.reconfigureVm(VM, spec);
const deviceKeysOf = async (lab: Lab) => (await lab.host.vm(VM)).disks.map(({ deviceKey }) => deviceKey);

/** A refusal after which every file is as it was. */
async function refused(lab: Lab, spec: VmReconfigureSpec, fault: object): Promise<void> {
  const before = await lab.digest();
  expect(await faultOf(change(lab, spec))).toMatchObject(fault);
  expect(await lab.digest()).toBe(before);
}

describe('a disk that is taken from a VM', () => {
  it.each([
    ['encrypted', webVm({ disks })],
    ['plain', plainVm({ disks })],
  ])('keeps its files and its data, and comes back on another bus (%s)', async (_, spec) => {
    const lab = await written(spec);
    const before = await names(lab);
    const extent = await lab.read('web_1-flat.vmdk');
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    expect(await names(lab)).toEqual(before);
    expect(await lab.readText('web.vmx')).not.toContain('scsi0:1');
    expect(Object.keys(await read(lab))).toEqual(['2000']);
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(KEY)]);
    await change(lab, { addDisks: [{ existing: '[ds1] web/web_1.vmdk', bus: 'nvme' }] });
    expect(await lab.readText('web.vmx')).toContain('nvme0:0.fileName = "web_1.vmdk"');
    const seen = await read(lab);
    expect(Buffer.compare(seen[2000] ?? NONE, dataOf(2000))).toBe(0);
    expect(Buffer.compare(seen[31_000] ?? NONE, dataOf(2001))).toBe(0);
    expect(Buffer.compare(await lab.read('web_1-flat.vmdk'), extent)).toBe(0);
    expect(await names(lab)).toEqual(before);
    expect(lab.events).toContainEqual({ type: 'VM_DISKS_CHANGED', vm: VM, added: 1, removed: 0, grown: 0 });
  });

  it('goes with its files where that is asked, and no record of it stays', async () => {
    const lab = await written();
    await change(lab, { removeDisks: [{ deviceKey: 2001, destroy: true }] });
    expect(await names(lab)).toEqual(['vmware.log', 'web-flat.vmdk', 'web.nvram', 'web.vmdk', 'web.vmsd', 'web.vmx']);
    expect(Buffer.compare((await read(lab))[2000] ?? NONE, dataOf(2000))).toBe(0);
  });

  it('moves to another unit in one change, with its data', async () => {
    const lab = await written();
    const spec = { removeDisks: [{ deviceKey: 2001 }], addDisks: [{ existing: '[ds1] web/web_1.vmdk', unit: 18 }] };
    await change(lab, spec);
    expect(await lab.readText('web.vmx')).toContain('scsi1:2.fileName = "web_1.vmdk"');
    expect(Buffer.compare((await read(lab))[2018] ?? NONE, dataOf(2001))).toBe(0);
  });

  it('stays sealed as it is when the same VM gets it again, byte for byte', async () => {
    const lab = await written();
    const before = await lab.read('web_1.vmdk');
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    await change(lab, { addDisks: [{ existing: '[ds1] web/web_1.vmdk' }] });
    expect(Buffer.compare(await lab.read('web_1.vmdk'), before)).toBe(0);
    expect(Buffer.compare((await read(lab))[2001] ?? NONE, dataOf(2001))).toBe(0);
  });
});

describe('a new disk of a VM', () => {
  it('has the key of the VM unless told, and is all ciphertext [settled 15]', async () => {
    const lab = await written();
    const { disks: seen } = await change(lab, {
      addDisks: [size, { ...size, crypto: { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id } }],
    });
    expect(seen.map(({ keyId }) => keyId)).toEqual([KEY.id, KEY.id, KEY.id, OTHER_KEY.id]);
    expect(await names(lab)).toContain('web_3-flat.vmdk');
    const blocks = (await lab.read('web_2-flat.vmdk')).length / 16;
    const bytes = Buffer.from(await lab.read('web_2-flat.vmdk'));
    const distinct = new Set(Array.from({ length: blocks }, (_, at) => bytes.toString('hex', at * 16, at * 16 + 16)));
    expect(distinct.size).toBe(blocks);
    await write(lab, [2002, 2003]);
    const data = await read(lab);
    for (const key of [2000, 2001, 2002, 2003])
      expect(Buffer.compare(data[key] ?? NONE, dataOf(key)), `disk ${key}`).toBe(0);
  });

  it('is plain with NoOp, and then in clear', async () => {
    const lab = await written();
    await change(lab, { addDisks: [{ ...size, crypto: { type: 'NoOp' } }] });
    await write(lab, [2002]);
    expect(Buffer.compare(await lab.read('web_2-flat.vmdk'), dataOf(2002))).toBe(0);
  });

  it('goes on the bus that is told, spelled as the product spells it, each with its own device keys', async () => {
    const lab = await written();
    const on = (bus: 'nvme' | 'sata' | 'ide' | 'scsi') => ({ ...size, bus });
    await change(lab, { addDisks: [on('nvme'), on('sata'), on('ide'), { ...on('scsi'), unit: 16 }] });
    expect(await deviceKeysOf(lab)).toEqual([2000, 2001, 2016, 3000, 16_000, 31_000]);
    const vmx = await lab.readText('web.vmx');
    for (const line of [
      'nvme0.present = "TRUE"',
      'sata0.present = "TRUE"',
      'sata0:0.deviceType = "disk"',
      'ide0:0.deviceType = "ata-hardDisk"',
      'scsi1.virtualDev = "pvscsi"',
      'scsi1:0.deviceType = "scsi-hardDisk"',
    ]) {
      expect(vmx).toContain(line);
    }
    expect(vmx).not.toContain('nvme0:0.deviceType');
    await write(lab, [16_000, 31_000]);
    const seen = await read(lab);
    expect([seen[16_000], seen[31_000]]).toEqual([dataOf(16_000), dataOf(31_000)]);
  });

  it('may be independent, and a VM may be made with one on any bus', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(
      webVm({ disks: [size, { ...size, bus: 'nvme', unit: 3, mode: 'independent_persistent' }] }),
    );
    expect(await deviceKeysOf(lab)).toEqual([2000, 31_003]);
    await change(lab, { addDisks: [{ ...size, mode: 'independent_persistent' }] });
    const vmx = await lab.readText('web.vmx');
    expect(vmx).toContain('nvme0:3.mode = "independent-persistent"');
    expect(vmx).toContain('scsi0:1.mode = "independent-persistent"');
    expect(vmx).not.toContain('scsi0:0.mode');
  });

  it('is refused where it does not fit, and no file changes', async () => {
    const lab = await written();
    const encrypt = { type: 'Encrypt', cryptoKeyId: KEY.id } as const;
    const bad: readonly [VmReconfigureSpec, object][] = [
      [{ addDisks: [{ capacity: sectorCount(3), dataUnitSizeBytes: 4096 }] }, { code: 'INVALID_ARGUMENT' }],
      [{ addDisks: [{ ...size, unit: 7 }] }, { code: 'INVALID_ARGUMENT', what: 'addDisks.unit' }],
      [{ addDisks: [{ ...size, unit: 0 }] }, { code: 'ALREADY_EXISTS' }],
      [{ addDisks: [{ ...size, bus: 'ide', unit: 4 }] }, { code: 'INVALID_ARGUMENT' }],
      [{ addDisks: Array.from({ length: 5 }, () => ({ ...size, bus: 'ide' }) as const) }, { code: 'INVALID_ARGUMENT' }],
      [{ addDisks: [{ ...size, crypto: { type: 'Decrypt' } }] }, { code: 'NOT_SUPPORTED', what: 'Decrypt' }],
      [
        { addDisks: [{ ...size, crypto: { type: 'Encrypt', cryptoKeyId: { ...KEY.id, keyId: 'none' as never } } }] },
        { code: 'KEY_NOT_IN_CACHE' },
      ],
      [{ addDisks: [{ existing: '[ds1] web/none.vmdk' }] }, { code: 'FILE_DAMAGED' }],
      [{ addDisks: [{ existing: '[ds1] web/web_1.vmdk' }] }, { code: 'INVALID_STATE', state: 'diskInUse' }],
      [{ addDisks: [{ existing: 'web_1.vmdk' }] }, { code: 'INVALID_ARGUMENT', what: 'path' }],
      [{ removeDisks: [{ deviceKey: 2009 }] }, { code: 'DISK_NOT_FOUND' }],
      [{ removeDisks: [{ deviceKey: 2001 }, { deviceKey: 2001 }] }, { code: 'INVALID_ARGUMENT' }],
      [{ addDisks: [size], crypto: { type: 'Decrypt' } }, { code: 'INVALID_ARGUMENT' }],
      [
        { addDisks: [size], growDisks: [{ deviceKey: 2000, capacity: sectorCount(128) }] },
        { code: 'INVALID_ARGUMENT', what: 'growDisks' },
      ],
    ];
    for (const [spec, fault] of bad) await refused(lab, spec, fault);
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    const existing = '[ds1] web/web_1.vmdk';
    await refused(lab, { addDisks: [{ existing, crypto: encrypt }] }, { code: 'DISK_ENCRYPTED' });
    await refused(lab, { addDisks: [{ existing, crypto: { type: 'Decrypt' } }] }, { code: 'NOT_SUPPORTED' });
    await refused(lab, { addDisks: [{ existing }, { existing }] }, { code: 'INVALID_ARGUMENT' });
    const register = { type: 'Register', cryptoKeyId: OTHER_KEY.id } as const;
    await refused(
      lab,
      { addDisks: [{ existing, crypto: register }] },
      { code: 'INVALID_ARGUMENT', what: 'cryptoKeyId' },
    );
    await lab.host.powerOnVm(VM);
    await refused(lab, { addDisks: [{ existing }] }, { code: 'INVALID_POWER_STATE' });
    await lab.host.powerOffVm(VM);
    await change(lab, { addDisks: [{ existing, crypto: { type: 'Register', cryptoKeyId: KEY.id } }] });
  });
});

describe('a disk and a VM that do not fit', () => {
  it('an encrypted disk is never given to a plain VM, nor a plain VM a new encrypted one [S07]', async () => {
    const lab = await written();
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    await lab.host.unregisterVm(VM);
    await lab.host.createVm({ ...plainVm(), uuid: OTHER_VM, name: 'other' as never });
    for (const name of ['web_1.vmdk', 'web_1-flat.vmdk']) {
      await lab.overwrite(`other/${name}`, await lab.read(name));
    }
    const before = await lab.digest();
    const add = (spec: object) => lab.host.reconfigureVm(OTHER_VM, { addDisks: [spec as never] });
    const fault = { code: 'ENCRYPTED_DISK_ON_PLAIN_VM' };
    expect(await faultOf(add({ existing: '[ds1] other/web_1.vmdk' }))).toMatchObject(fault);
    expect(await faultOf(add({ ...size, crypto: { type: 'Encrypt', cryptoKeyId: KEY.id } }))).toMatchObject(fault);
    expect(await lab.digest()).toBe(before);
  });

  it('a disk that another VMX of its folder names is not attached, registered or not', async () => {
    const lab = await written();
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    await lab.overwrite('copy.vmx', 'displayName = "x"\nscsi0:0.present = "TRUE"\nscsi0:0.fileName = "web_1.vmdk"\n');
    await refused(
      lab,
      { addDisks: [{ existing: '[ds1] web/web_1.vmdk' }] },
      { code: 'INVALID_STATE', state: 'diskInUse' },
    );
    await lab.files.unlink(lab.path('copy.vmx'));
    await change(lab, { addDisks: [{ existing: '[ds1] web/web_1.vmdk' }] });
  });

  it('a disk whose key is not there, or whose descriptor was edited, is not attached', async () => {
    const lab = await written(
      webVm({ disks: [size, { ...size, crypto: { type: 'Encrypt', cryptoKeyId: OTHER_KEY.id } }] }),
    );
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    const spec = { addDisks: [{ existing: '[ds1] web/web_1.vmdk' }] };
    await lab.host.removeKeys([OTHER_KEY.id], true);
    await refused(lab, spec, { code: 'DISK_KEY_MISSING', requiredKeys: [OTHER_KEY.id] });
    await lab.host.addKeys([grant(OTHER_KEY)]);
    await lab.edit('web_1.vmdk', 'RW 64 VMFS', 'RW 32 VMFS');
    await refused(lab, spec, { code: 'DESCRIPTOR_MISMATCH', field: 'capacity' });
    await lab.edit('web_1.vmdk', 'RW 32 VMFS', 'RW 64 VMFS');
    await change(lab, spec);
    expect(Buffer.compare((await read(lab))[2001] ?? NONE, dataOf(2001))).toBe(0);
  });
});

describe('a disk that grows', () => {
  const grow = (deviceKey: number, sectors: number): VmReconfigureSpec => ({
    growDisks: [{ deviceKey, capacity: sectorCount(sectors) }],
  });

  it.each([
    ['encrypted', webVm({ disks })],
    ['plain', plainVm({ disks })],
  ])('keeps its data and has zeros after it (%s)', async (name, spec) => {
    const lab = await written(spec);
    const before = await lab.read('web_1-flat.vmdk');
    await change(lab, grow(2001, 2 * SECTORS));
    const after = await lab.read('web_1-flat.vmdk');
    expect(after.length).toBe(2 * SECTORS * 512);
    expect(Buffer.compare(after.subarray(0, before.length), before)).toBe(0);
    if (name === 'encrypted') expect(Buffer.from(after.subarray(before.length)).includes(Buffer.alloc(16))).toBe(false);
    expect((await lab.host.vm(VM)).disks[1]?.capacity).toBe(2 * SECTORS);
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2001);
    expect(Buffer.compare(await readSectors(disk, 0, SECTORS), dataOf(2001))).toBe(0);
    expect(Buffer.compare(await readSectors(disk, SECTORS, SECTORS), new Uint8Array(SECTORS * 512))).toBe(0);
    await disk.writeSectors(sectorIndex(SECTORS), dataOf(7));
    expect(Buffer.compare(await readSectors(disk, SECTORS, SECTORS), dataOf(7))).toBe(0);
    await lab.host.powerOffVm(VM);
    expect(lab.types()).not.toContain('EXTENT_TOO_LONG');
  });

  it('is refused where it is not larger, not whole, running or unknown', async () => {
    const lab = await written();
    for (const sectors of [SECTORS, SECTORS - 8]) {
      await refused(lab, grow(2000, sectors), { code: 'INVALID_ARGUMENT', what: 'growDisks.capacity' });
    }
    await refused(lab, grow(2001, SECTORS + 1), { code: 'INVALID_ARGUMENT' });
    await refused(lab, grow(2007, 128), { code: 'DISK_NOT_FOUND' });
    const [one] = grow(2000, 128).growDisks ?? [];
    if (one === undefined) return expect.fail('a growth');
    await refused(lab, { growDisks: [one, one] }, { code: 'INVALID_ARGUMENT' });
    await lab.host.powerOnVm(VM);
    await refused(lab, grow(2000, 128), { code: 'INVALID_POWER_STATE' });
  });

  it('whose descriptor says another size than its bundle is told', async () => {
    const lab = await written();
    await change(lab, grow(2000, 128));
    await lab.edit('web.vmdk', 'RW 128 VMFS', 'RW 64 VMFS');
    expect(await faultOf(lab.host.powerOnVm(VM))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH', field: 'capacity' });
  });
});

it('a running VM with a disk on an IDE controller is not recrypted, one without is', async () => {
  const lab = await Lab.safe();
  const crypto = { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id } as const;
  await lab.host.createVm(webVm({ disks: [size, { ...size, bus: 'ide' }] }));
  await lab.host.powerOnVm(VM);
  await refused(lab, { crypto }, { code: 'INVALID_POWER_STATE', existing: 'poweredOn' });
  await lab.host.powerOffVm(VM);
  await change(lab, { crypto });
  expect((await lab.host.vm(VM)).disks.map(({ keyId }) => keyId)).toEqual([OTHER_KEY.id, OTHER_KEY.id]);
  expect(HOST_KEY.id).not.toEqual(KEY.id);
});

describe('a disk that is non-persistent', () => {
  it.each([
    ['encrypted', webVm()],
    ['plain', plainVm()],
  ])('drops what its guest wrote when the VM is powered off, and after a power cut (%s)', async (name, spec) => {
    const lab = await Lab.safe();
    await lab.host.createVm({ ...spec, disks: [size, size] });
    await write(lab, [2000, 2001]);
    const before = await names(lab);
    await change(lab, { removeDisks: [{ deviceKey: 2001 }] });
    const existing = '[ds1] web/web_1.vmdk';
    await change(lab, { addDisks: [{ existing, mode: 'independent_nonpersistent' }] });
    const extent = await lab.read('web_1-flat.vmdk');
    for (const isCut of [false, true]) {
      await lab.host.powerOnVm(VM);
      const redos = (await names(lab)).filter((one) => one.includes('REDO'));
      expect(redos.map((one) => one.replace(/_[0-9a-f]{6}$/, ''))).toEqual([
        'web_1.vmdk-delta.REDO',
        'web_1.vmdk.REDO',
      ]);
      const disk = await lab.host.openDisk(VM, 2001);
      expect(Buffer.compare(await readSectors(disk, 0, SECTORS), dataOf(2001))).toBe(0);
      const clear = new Uint8Array(Buffer.alloc(SECTORS * 512, 'of this run only'));
      await disk.writeSectors(sectorIndex(0), clear);
      await disk.flush();
      expect(Buffer.compare(await readSectors(disk, 0, SECTORS), clear)).toBe(0);
      expect((await lab.filesWith(Buffer.from('of this run only'))).length).toBe(name === 'plain' ? 1 : 0);
      expect(await faultOf(lab.host.suspendVm(VM))).toMatchObject({ code: 'NOT_SUPPORTED' });
      await lab.host.createSnapshot(VM, { name: 'while it runs' });
      expect(Buffer.compare(await readSectors(disk, 0, SECTORS), clear)).toBe(0);
      if (!isCut) await lab.host.powerOffVm(VM);
      else {
        await lab.reboot();
        await lab.enableCrypto();
        await lab.host.addKeys([grant(KEY)]);
      }
      const seen = await read(lab);
      expect(Buffer.compare(seen[2001] ?? NONE, dataOf(2001))).toBe(0);
      expect(Buffer.compare(await lab.read('web_1-flat.vmdk'), extent)).toBe(0);
      expect((await names(lab)).filter((one) => one.includes('REDO'))).toEqual([]);
      await lab.host.removeAllSnapshots(VM);
    }
    expect(await names(lab)).toEqual(before);
  });
});
