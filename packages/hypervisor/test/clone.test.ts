// Copies of a VM, judged by the bytes of their files and by what their guests read.
import type { VmCloneSpec } from '@vcryptsim/hypervisor/api';
import { type SectorCount, sectorCount, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, KEY, Lab, OTHER_KEY, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';

const SECTORS = 64;
const size = { capacity: sectorCount(SECTORS) };
const disks = [size, { ...size, dataUnitSizeBytes: 4096 }] as const;
const COPY = 'c0c0c0c0-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
const dataOf = (deviceKey: number, salt = 0): Uint8Array => pattern(SECTORS * 512, deviceKey + salt);
const cloneOf = (changes: Partial<VmCloneSpec> = {}): VmCloneSpec => ({
  name: 'copy' as VmName,
  uuid: COPY,
  ...changes,
});

async function write(lab: Lab, vm: VmUuid, salt = 0): Promise<void> {
  await lab.host.powerOnVm(vm);
  for (const { deviceKey } of (await lab.host.vm(vm)).disks) {
    const disk = await lab.host.openDisk(vm, deviceKey);
    await disk.writeSectors(sectorIndex(0), dataOf(deviceKey, salt));
    await disk.flush();
  }
  await lab.host.powerOffVm(vm);
}

async function expectData(lab: Lab, vm: VmUuid, salt = 0): Promise<void> {
  await lab.host.powerOnVm(vm);
  const seen = (await lab.host.vm(vm)).disks.map(({ deviceKey }) => deviceKey);
  expect(seen).toEqual([2000, 2001]);
  for (const key of seen) {
    const read = await readSectors(await lab.host.openDisk(vm, key), 0, SECTORS);
    expect(Buffer.compare(read, dataOf(key, salt)), `disk ${key}`).toBe(0);
  }
  await lab.host.powerOffVm(vm);
}

async function written(spec = webVm({ disks })): Promise<Lab> {
  const lab = await Lab.safe({ nfs: true });
  await lab.host.createVm(spec);
  await write(lab, VM);
  return lab;
}

async function again(lab: Lab): Promise<void> {
  await lab.reboot();
  await lab.enableCrypto();
  await lab.host.addKeys([grant(KEY), grant(OTHER_KEY)]);
}

/** A refusal after which every file is as it was. */
async function refused(lab: Lab, spec: VmCloneSpec, fault: object): Promise<void> {
  const before = await lab.digest();
  expect(await faultOf(lab.host.cloneVm(VM, spec))).toMatchObject(fault);
  expect(await lab.digest()).toBe(before);
}

describe('a full clone', () => {
  it.each([
    ['encrypted', webVm({ disks })],
    ['plain', plainVm({ disks })],
  ])('has the same bytes and keys, and a life of its own (%s)', async (_, spec) => {
    const lab = await written(spec);
    expect(await lab.host.cloneVm(VM, cloneOf())).toEqual({ uuid: COPY, keptFormat: [] });
    const [source, copy] = [await lab.host.vm(VM), await lab.host.vm(COPY)];
    expect(copy.vmxPath).toBe('[ds1] copy/copy.vmx');
    expect(copy.keyId).toEqual(source.keyId);
    expect(copy.disks.map(({ keyId }) => keyId)).toEqual(source.disks.map(({ keyId }) => keyId));
    expect(new Set([...source.disks, ...copy.disks].map(({ uuid }) => uuid)).size).toBe(4);
    expect(Buffer.compare(await lab.read('copy/copy-flat.vmdk'), await lab.read('web-flat.vmdk'))).toBe(0);
    expect(Buffer.compare(await lab.read('copy/copy_1-flat.vmdk'), await lab.read('web_1-flat.vmdk'))).toBe(0);
    await again(lab);
    await expectData(lab, COPY);
    await write(lab, COPY, 7);
    await expectData(lab, VM);
    await expectData(lab, COPY, 7);
    const names = await lab.files.readdir(`${lab.datastore}/copy`);
    expect(names.toSorted()).toEqual([
      'copy-flat.vmdk',
      'copy.nvram',
      'copy.vmdk',
      'copy.vmsd',
      'copy.vmx',
      'copy_1-flat.vmdk',
      'copy_1.vmdk',
      'vmware.log',
    ]);
  });

  it('is bound to itself: its files and those of the source are not exchanged', async () => {
    const lab = await written();
    await lab.host.cloneVm(VM, cloneOf());
    await lab.overwrite('copy/copy.vmdk', (await lab.readText('web.vmdk')).replace('web-flat', 'copy-flat'));
    expect(await faultOf(lab.host.powerOnVm(COPY))).toMatchObject({ code: 'DESCRIPTOR_MISMATCH' });
    await expectData(lab, VM);
  });

  it('of a VM with snapshots has one link of what the VM reads now', async () => {
    const lab = await written();
    await lab.host.createSnapshot(VM, { name: 'one' });
    await write(lab, VM, 3);
    await lab.host.cloneVm(VM, cloneOf({ datastore: 'nfs1' }));
    expect((await lab.host.vm(COPY)).vmxPath).toBe('[nfs1] copy/copy.vmx');
    expect(await lab.files.readdir(`${lab.nfs}/copy`)).not.toContain('copy-Snapshot1.vmsn');
    await expectData(lab, COPY, 3);
    await lab.host.reconfigureVm(COPY, { crypto: { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id } });
    await expectData(lab, COPY, 3);
  });

  it.each([
    ['DeepRecrypt', { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id }, OTHER_KEY.id, false],
    ['ShallowRecrypt', { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id }, OTHER_KEY.id, true],
    ['Decrypt', { type: 'Decrypt' }, null, false],
  ] as const)('has other keys where they are asked for (%s)', async (_, crypto, keyId, isSame) => {
    const lab = await written();
    await lab.host.cloneVm(VM, cloneOf({ crypto }));
    const copy = await lab.host.vm(COPY);
    expect([copy.keyId, ...copy.disks.map((disk) => disk.keyId)]).toEqual([keyId, keyId, keyId]);
    const extents = (await lab.files.readdir(`${lab.datastore}/copy`)).filter((name) => name.endsWith('-flat.vmdk'));
    expect(extents.length).toBe(2);
    const [first = ''] = extents.toSorted();
    if (isSame) expect(Buffer.compare(await lab.read(`copy/${first}`), await lab.read('web-flat.vmdk'))).toBe(0);
    await expectData(lab, COPY);
    await expectData(lab, VM);
  });

  it('of a plain VM may be encrypted', async () => {
    const lab = await written(plainVm({ disks }));
    await lab.host.cloneVm(VM, cloneOf({ crypto: { type: 'Encrypt', cryptoKeyId: KEY.id }, template: true }));
    expect((await lab.host.vm(COPY)).keyId).toEqual(KEY.id);
    expect((await lab.host.vm(COPY)).vmxPath).toBe('[ds1] copy/copy.vmtx');
  });

  it('keeps the form of its disks, and says so [S23]', async () => {
    const lab = await written();
    expect(await lab.host.cloneVm(VM, cloneOf({ provisioning: 'thin' }))).toEqual({
      uuid: COPY,
      keptFormat: [2000, 2001],
    });
    expect(await lab.readText('copy/copy.vmdk')).not.toContain('thinProvisioned');
    await expectData(lab, COPY);
  });

  it('is refused where it cannot be, and nothing is left', async () => {
    const lab = await written();
    await refused(lab, cloneOf({ uuid: VM }), { code: 'ALREADY_EXISTS' });
    await refused(lab, cloneOf({ name: '../x' as VmName }), { code: 'INVALID_ARGUMENT', what: 'name' });
    await refused(lab, cloneOf({ datastore: 'none' }), { code: 'INVALID_ARGUMENT' });
    await refused(lab, cloneOf({ snapshotId: 1 }), { code: 'INVALID_ARGUMENT', what: 'snapshotId' });
    await refused(lab, cloneOf({ crypto: { type: 'Encrypt', cryptoKeyId: KEY.id } }), { code: 'VM_ENCRYPTED' });
    const none = { ...KEY.id, keyId: 'none' as never };
    await refused(lab, cloneOf({ crypto: { type: 'DeepRecrypt', newKeyId: none } }), { code: 'KEY_NOT_IN_CACHE' });
    const abort = new AbortController();
    const canceling = { signal: abort.signal, onProgress: () => abort.abort() };
    const before = await lab.digest(lab.nfs);
    expect(await faultOf(lab.host.cloneVm(VM, cloneOf({ datastore: 'nfs1' }), canceling))).toMatchObject({
      code: 'CANCELED',
    });
    expect(await lab.digest(lab.nfs)).toBe(before);
    expect((await lab.host.vms()).length).toBe(1);
    await lab.host.powerOnVm(VM);
    await refused(lab, cloneOf(), { code: 'INVALID_POWER_STATE', existing: 'poweredOn' });
    await lab.host.powerOffVm(VM);
    await lab.host.removeKeys([KEY.id], true);
    await refused(lab, cloneOf(), { code: 'VM_LOCKED' });
  });
});

describe('a linked clone', () => {
  it.each([
    ['encrypted', webVm({ disks })],
    ['plain', plainVm({ disks })],
  ])('reads what the snapshot froze, and writes for itself (%s)', async (_, spec) => {
    const lab = await written(spec);
    await lab.host.createSnapshot(VM, { name: 'one' });
    await write(lab, VM, 3);
    const base = await lab.read('web-flat.vmdk');
    await lab.host.cloneVm(VM, cloneOf({ kind: 'linked' }));
    expect(await lab.readText('copy/copy-000001.vmdk')).toContain(
      'parentFileNameHint="/vmfs/volumes/ds1/web/web.vmdk"',
    );
    await again(lab);
    await expectData(lab, COPY);
    await expectData(lab, VM, 3);
    await write(lab, COPY, 9);
    await lab.host.createSnapshot(COPY, { name: 'of the copy' });
    await expectData(lab, COPY, 9);
    await expectData(lab, VM, 3);
    expect(Buffer.compare(await lab.read('web-flat.vmdk'), base)).toBe(0);
  });

  it('keeps its keys, and the snapshot that it rests on', async () => {
    const lab = await written();
    await lab.host.createSnapshot(VM, { name: 'one' });
    await lab.host.cloneVm(VM, cloneOf({ kind: 'linked', snapshotId: 1, datastore: 'nfs1' }));
    for (const crypto of [
      { type: 'Decrypt' },
      { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id },
      { type: 'DeepRecrypt', newKeyId: OTHER_KEY.id },
    ] as const) {
      const fault = await faultOf(lab.host.reconfigureVm(COPY, { crypto }));
      expect(fault).toEqual({ code: 'NOT_SUPPORTED', what: 'linked clone' });
    }
    // The source may have another key: the copy has its own bundle.
    await lab.host.reconfigureVm(VM, { crypto: { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id } });
    await expectData(lab, COPY);
    await write(lab, VM, 5);
    await lab.host.removeAllSnapshots(VM);
    await expectData(lab, COPY);
    await expectData(lab, VM, 5);
    await lab.host.unregisterVm(VM);
    await expectData(lab, COPY);
  });

  it('is refused without a snapshot, with other keys, and with a form', async () => {
    const lab = await written();
    const linked = cloneOf({ kind: 'linked' });
    await refused(lab, linked, { code: 'INVALID_ARGUMENT', what: 'snapshotId' });
    await lab.host.createSnapshot(VM, { name: 'one' });
    await refused(lab, { ...linked, snapshotId: 7 }, { code: 'SNAPSHOT_NOT_FOUND' });
    await refused(lab, { ...linked, crypto: { type: 'Decrypt' } }, { code: 'NOT_SUPPORTED', what: 'linked clone' });
    await refused(lab, { ...linked, provisioning: 'thin' }, { code: 'INVALID_ARGUMENT' });
  });
});

describe('a disk of another folder', () => {
  const OTHER = 'd0d0d0d0-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
  const other = (key: 'encrypted' | 'plain') => ({
    ...(key === 'plain' ? plainVm() : webVm()),
    ...{ name: 'other' as VmName, uuid: OTHER, datastore: 'nfs1' },
  });

  it('goes from one VM to another, is sealed to that, and comes back', async () => {
    const lab = await written();
    await lab.host.createVm(other('encrypted'));
    await lab.host.reconfigureVm(VM, { removeDisks: [{ deviceKey: 2001 }] });
    const extent = await lab.read('web_1-flat.vmdk');
    const before = await lab.read('web_1.vmdk');
    const existing = '[ds1] web/web_1.vmdk';
    await lab.host.reconfigureVm(OTHER, { addDisks: [{ existing }] });
    expect(await lab.read('web_1.vmdk')).not.toEqual(before);
    expect(Buffer.compare(await lab.read('web_1-flat.vmdk'), extent)).toBe(0);
    expect((await lab.host.vm(OTHER)).disks[1]?.fileName).toBe(existing);
    // While it has it, its first VM does not, and a shallow recrypt takes it along.
    expect(await faultOf(lab.host.reconfigureVm(VM, { addDisks: [{ existing }] }))).toMatchObject({
      state: 'diskInUse',
    });
    await lab.host.reconfigureVm(OTHER, { crypto: { type: 'ShallowRecrypt', newKeyId: OTHER_KEY.id } });
    await again(lab);
    await lab.host.powerOnVm(OTHER);
    expect(Buffer.compare(await readSectors(await lab.host.openDisk(OTHER, 2001), 0, SECTORS), dataOf(2001))).toBe(0);
    await lab.host.powerOffVm(OTHER);
    for (const crypto of [{ type: 'Decrypt' }, { type: 'DeepRecrypt', newKeyId: KEY.id }] as const) {
      expect(await faultOf(lab.host.reconfigureVm(OTHER, { crypto }))).toMatchObject({ what: 'disk elsewhere' });
    }
    expect(await faultOf(lab.host.createSnapshot(OTHER, { name: 'x' }))).toMatchObject({ what: 'disk elsewhere' });
    const destroy = { removeDisks: [{ deviceKey: 2001, destroy: true }] };
    expect(await faultOf(lab.host.reconfigureVm(OTHER, destroy))).toMatchObject({ what: 'disk elsewhere' });
    await lab.host.reconfigureVm(OTHER, {
      growDisks: [{ deviceKey: 2001, capacity: sectorCount(128) as SectorCount }],
    });
    await lab.host.reconfigureVm(OTHER, { removeDisks: [{ deviceKey: 2001 }] });
    await lab.host.reconfigureVm(VM, { addDisks: [{ existing }] });
    await expectData(lab, VM);
  });

  it('is not given to a plain VM, nor one of a snapshot to anybody [S07]', async () => {
    const lab = await written();
    await lab.host.createVm(other('plain'));
    await lab.host.createSnapshot(VM, { name: 'one' });
    await lab.host.reconfigureVm(VM, { removeDisks: [{ deviceKey: 2001 }] });
    const before = await lab.digest();
    const add = (vm: VmUuid, name: string) =>
      lab.host.reconfigureVm(vm, { addDisks: [{ existing: `[ds1] web/${name}` }] });
    expect(await faultOf(add(OTHER, 'web_1.vmdk'))).toMatchObject({ code: 'ENCRYPTED_DISK_ON_PLAIN_VM' });
    expect(await faultOf(add(VM, 'web_1.vmdk'))).toMatchObject({ state: 'diskInUse' });
    expect(await lab.digest()).toBe(before);
    await add(VM, 'web_1-000001.vmdk');
    await expectData(lab, VM);
  });
});

describe('a template', () => {
  it('has a .vmtx, is neither powered on nor changed, is cloned, and becomes a VM again', async () => {
    const lab = await written();
    await lab.host.markAsTemplate(VM);
    expect((await lab.host.vm(VM)).vmxPath).toBe('[ds1] web/web.vmtx');
    expect(await lab.files.readdir(`${lab.datastore}/web`)).not.toContain('web.vmx');
    await again(lab);
    const before = await lab.digest();
    const fault = { code: 'NOT_SUPPORTED', what: 'template' };
    for (const call of [
      () => lab.host.powerOnVm(VM),
      () => lab.host.markAsTemplate(VM),
      () => lab.host.reconfigureVm(VM, { crypto: { type: 'Decrypt' } }),
      () => lab.host.reconfigureVm(VM, { removeDisks: [{ deviceKey: 2000 }] }),
      () => lab.host.createSnapshot(VM, { name: 'x' }),
    ]) {
      expect(await faultOf(call())).toEqual(fault);
    }
    expect(await lab.digest()).toBe(before);
    await lab.host.cloneVm(VM, cloneOf());
    await expectData(lab, COPY);
    await lab.host.markAsVirtualMachine(VM);
    expect(await faultOf(lab.host.markAsVirtualMachine(VM))).toEqual(fault);
    await again(lab);
    expect((await lab.host.vm(VM)).vmxPath).toBe('[ds1] web/web.vmx');
    await expectData(lab, VM);
    const names = await lab.files.readdir(`${lab.datastore}/web`);
    expect(names.filter((name) => /lck|vmtx|change/.test(name))).toEqual([]);
  });

  it('is none of a running VM, nor where another file has the name', async () => {
    const lab = await written();
    await lab.host.powerOnVm(VM);
    expect(await faultOf(lab.host.markAsTemplate(VM))).toMatchObject({ code: 'INVALID_POWER_STATE' });
    await lab.host.powerOffVm(VM);
    await lab.overwrite('web.vmtx', 'displayName = "of somebody"');
    expect(await faultOf(lab.host.markAsTemplate(VM))).toMatchObject({ code: 'ALREADY_EXISTS' });
    await expectData(lab, VM);
  });

  it('that a cut leaves half made is a VM or a template, whole', async () => {
    const memory = new MemoryFileSystem();
    const made = await Lab.safe({ files: memory });
    await made.host.createVm(webVm({ disks }));
    await write(made, VM);
    await made.host.shutDown();
    const log = new CrashLog(memory);
    const lab = await Lab.safe({ files: log.files });
    const from = log.operations.length + 1;
    await lab.host.markAsTemplate(VM);
    const seen = new Set<boolean>();
    for (const { files, name } of crashStates(log, { from, sample: 40 })) {
      const cut = await Lab.safe({ files });
      const isTemplate = (await cut.host.vm(VM)).vmxPath.endsWith('.vmtx');
      seen.add(isTemplate);
      expect((await cut.host.vm(VM)).connectionState, name).toBe('connected');
      if (!isTemplate) await cut.host.markAsTemplate(VM);
      await cut.host.markAsVirtualMachine(VM);
      await cut.host.powerOnVm(VM);
      await cut.host.powerOffVm(VM);
      const left = (await cut.files.readdir(`${cut.datastore}/web`)).filter((one) => /vmtx$|lck|new$/.test(one));
      expect(left, name).toEqual([]);
    }
    expect([...seen].toSorted()).toEqual([false, true]);
  });
});
