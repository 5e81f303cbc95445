import { inspect } from 'node:util';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import {
  dekIn,
  faultOf,
  grant,
  HOST_KEY,
  KEY,
  kek,
  Lab,
  lockedIn,
  OTHER_KEY,
  pattern,
  plainVm,
  readSectors,
  unlockByHand,
  VM,
  webVm,
} from './support/lab.js';

describe('crypto mode', () => {
  it('goes incapable, prepared, safe, and no other way', async () => {
    const lab = await Lab.boot();
    expect(await lab.host.runtime()).toEqual({ cryptoState: 'incapable', cryptoKeyId: null, incarnation: 1 });
    expect(await faultOf(lab.host.enableCrypto(grant(HOST_KEY)))).toEqual({
      code: 'INVALID_STATE',
      state: 'incapable',
    });
    await lab.host.prepareCrypto();
    expect(await faultOf(lab.host.prepareCrypto())).toEqual({ code: 'INVALID_STATE', state: 'prepared' });
    await lab.host.enableCrypto(grant(HOST_KEY));
    await lab.host.enableCrypto(grant(HOST_KEY));
    expect(await faultOf(lab.host.enableCrypto(grant(KEY)))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await lab.host.runtime()).toEqual({ cryptoState: 'safe', cryptoKeyId: HOST_KEY.id, incarnation: 1 });
    expect(await lab.host.listKeys()).toEqual([HOST_KEY.id]);
    expect(lab.events).toEqual([
      { type: 'HOST_BOOTED', incarnation: 1 },
      { type: 'CRYPTO_STATE_CHANGED', from: 'incapable', to: 'prepared' },
      { type: 'KEY_CACHED', id: HOST_KEY.id },
      { type: 'CRYPTO_STATE_CHANGED', from: 'prepared', to: 'safe' },
    ]);
  });
});

describe('the key cache', () => {
  it('takes no key while the host is incapable, and spends the parcel all the same', async () => {
    const lab = await Lab.boot();
    const refused = grant(KEY);
    expect(await lab.host.addKeys([refused])).toEqual([{ id: KEY.id, success: false, reason: 'InvalidState' }]);
    expect(refused.parcel.spent).toBe(true);
    expect(await lab.host.listKeys()).toEqual([]);
  });

  it('answers for each key of a list', async () => {
    const lab = await Lab.safe();
    const spent = grant(kek('spent'));
    spent.parcel.dispose();
    const nameless = { ...grant(kek('x')), id: { ...kek('x').id, keyId: '' as typeof KEY.id.keyId } };
    const results = await lab.host.addKeys([grant(KEY), spent, nameless, grant(kek('new'))]);
    expect(results.map(({ success, reason }) => reason ?? success)).toEqual([
      'AlreadyExists',
      'InvalidArgument',
      'InvalidArgument',
      true,
    ]);
    expect(await lab.host.listKeys()).toEqual([HOST_KEY.id, KEY.id, OTHER_KEY.id, kek('new').id]);
  });

  it('tells keys of one ID and two providers apart', async () => {
    const lab = await Lab.safe();
    const [result] = await lab.host.addKeys([grant(kek(KEY.id.keyId, 'another-kms'))]);
    expect(result?.success).toBe(true);
  });

  it('gives up a key in use only by force', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    const ids = [KEY.id, HOST_KEY.id, OTHER_KEY.id, kek('unknown').id];
    const polite = await lab.host.removeKeys(ids, false);
    expect(polite.map(({ reason }) => reason)).toEqual(['ResourceInUse', 'ResourceInUse', undefined, 'NotFound']);
    expect((await lab.host.vm(VM)).cryptoState).toBe('unlocked');
    const forced = await lab.host.removeKeys([KEY.id, kek('unknown').id], true);
    expect(forced.map(({ success }) => success)).toEqual([true, true]);
    expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', missingKeys: [KEY.id] });
    expect(lab.events.at(-1)).toEqual({ type: 'VM_LOCKED', vm: VM, missingKeys: [KEY.id] });
  });

  it('that changes while a VM is on its way into the inventory leaves no VM in a wrong state', async () => {
    const lab = await Lab.safe();
    const [created] = await Promise.all([
      lab.host.createVm(webVm()).then(
        () => 'created',
        (error: { code: string }) => error.code,
      ),
      lab.host.removeKeys([KEY.id], true),
    ]);
    // The key left while the disk was being written; the VM home then had none to be sealed by.
    expect([created, await lab.host.vms()]).toEqual(['KEY_NOT_IN_CACHE', []]);
    await lab.host.addKeys([grant(KEY)]);
    await lab.host.createVm(webVm());
    await lab.host.removeKeys([KEY.id], true);
    await lab.host.unregisterVm(VM);
    await Promise.all([lab.host.registerVm('[ds1] web/web.vmx'), lab.host.addKeys([grant(KEY)])]);
    expect((await lab.host.vm(VM)).cryptoState).toBe('unlocked');
  });

  it('lets a running VM run without its key, and locks it when it is powered off', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await lab.host.removeKeys([KEY.id], true);
    await disk.writeSectors(sectorIndex(1), pattern(512));
    expect(await readSectors(disk, 1, 1)).toEqual(pattern(512));
    expect((await lab.host.vm(VM)).cryptoState).toBe('unlocked');
    await lab.host.powerOffVm(VM);
    expect(await lab.host.vm(VM)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
  });
});

describe('[S04] a reboot', () => {
  it('forgets every key and locks every encrypted VM, and the keys by their IDs bring the data back', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.createVm(
      plainVm({
        uuid: '11111111-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as typeof VM,
        name: 'plain' as 'web' & ReturnType<typeof webVm>['name'],
      }),
    );
    await lab.host.powerOnVm(VM);
    const data = pattern(4096, 3);
    const before = await lab.host.openDisk(VM, 2000);
    await before.writeSectors(sectorIndex(17), data);
    await before.flush();
    const files = await lab.digest(lab.datastore);

    await lab.reboot();
    expect(await lab.host.runtime()).toMatchObject({ cryptoState: 'incapable', cryptoKeyId: null, incarnation: 2 });
    expect(await lab.host.listKeys()).toEqual([]);
    const [web, plain] = await lab.host.vms();
    expect(web).toMatchObject({
      powerState: 'poweredOff',
      connectionState: 'invalid',
      cryptoState: 'locked',
      keyId: KEY.id,
      missingKeys: [KEY.id],
    });
    expect(plain).toMatchObject({ connectionState: 'connected', cryptoState: 'unlocked', missingKeys: [] });
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual({ code: 'VM_LOCKED', vm: 'web', requiredKeys: [KEY.id] });
    expect(await faultOf(lab.host.openDisk(VM, 2000))).toMatchObject({ code: 'VM_LOCKED' });
    expect(await lab.digest(lab.datastore)).toBe(files);

    await lab.enableCrypto();
    expect((await lab.host.vm(VM)).cryptoState).toBe('locked');
    await lab.host.addKeys([grant(KEY)]);
    expect(await lab.host.vm(VM)).toMatchObject({ connectionState: 'connected', cryptoState: 'unlocked' });
    expect(lab.types().slice(-2)).toEqual(['KEY_CACHED', 'VM_UNLOCKED']);
    await lab.host.powerOnVm(VM);
    expect(await readSectors(await lab.host.openDisk(VM, 2000), 17, 8)).toEqual(data);
  });

  it('does not unlock with a key of another ID or another provider', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant(OTHER_KEY), grant(kek(KEY.id.keyId, 'renamed-kms'))]);
    expect((await lab.host.vm(VM)).cryptoState).toBe('locked');
  });

  it('does not unlock with other bytes under the right ID: that is damage, not a missing key', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.reboot();
    await lab.enableCrypto();
    await lab.host.addKeys([grant({ ...KEY, bytes: OTHER_KEY.bytes })]);
    expect(await lab.host.vm(VM)).toMatchObject({ connectionState: 'invalid', damage: 'BUNDLE_TAMPERED' });
    expect(lab.events.at(-1)).toEqual({ type: 'VM_DAMAGED', vm: VM, code: 'BUNDLE_TAMPERED' });
  });

  it('rejects HOST_GONE on everything that belonged to the earlier boot', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    await lab.host.powerOnVm(VM);
    const old = lab.host;
    const disk = await old.openDisk(VM, 2000);
    const underWay = disk.readSectors(sectorIndex(0), new Uint8Array(64 * 1024));
    await old.shutDown();
    await old.shutDown();
    const parcel = grant(kek('late'));
    const calls = [
      underWay,
      old.runtime(),
      old.prepareCrypto(),
      old.enableCrypto(grant(HOST_KEY)),
      old.addKeys([parcel]),
      old.removeKeys([], true),
      old.listKeys(),
      old.createVm(webVm()),
      old.registerVm('[ds1] web/web.vmx'),
      old.unregisterVm(VM),
      old.powerOnVm(VM),
      old.powerOffVm(VM),
      old.vm(VM),
      old.vms(),
      old.openDisk(VM, 2000),
      old.importDisk(VM, 2000, { sizeBytes: 0, read: async () => 0 }),
      old.exportDisk(VM, 2000, { folder: '/lab', name: 'x' }),
      disk.readSectors(sectorIndex(0), new Uint8Array(512)),
      disk.writeSectors(sectorIndex(0), new Uint8Array(512)),
      disk.flush(),
    ];
    for (const fault of await Promise.all(calls.map(faultOf))) expect(fault).toEqual({ code: 'HOST_GONE' });
    expect(parcel.parcel.spent).toBe(true);
    expect(lab.events.filter((event) => event.type === 'HOST_GONE')).toEqual([{ type: 'HOST_GONE', incarnation: 1 }]);
  });

  it('stops a creation at its next file operation; what it left is no VM', async () => {
    let operations = 0;
    let cut: Promise<void> | null = null;
    const onOperation = (): void => {
      operations += 1;
      if (operations === cutAt) cut = lab.host.shutDown();
    };
    let cutAt = -1;
    const lab = await Lab.safe({ files: new RecordingFileSystem(new MemoryFileSystem(), { onOperation }) });
    cutAt = operations + 6;
    expect(await faultOf(lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(16_384) }] })))).toEqual({
      code: 'HOST_GONE',
    });
    await cut;
    expect(operations, 'nothing of the earlier boot writes on').toBe(cutAt);
    expect((await lab.files.lstat(lab.path('web-flat.vmdk'))).sizeBytes).toBeGreaterThan(0);
    await lab.bootHost();
    expect(await lab.host.vms()).toEqual([]);
  });
});

it('[S13] shows the guest plaintext and never key bytes, and prints no key', async () => {
  const lab = await Lab.safe();
  await lab.host.createVm(webVm());
  await lab.host.powerOnVm(VM);
  const disk = await lab.host.openDisk(VM, 2000);
  await disk.writeSectors(sectorIndex(7), pattern(512));
  const seen = Buffer.from(await readSectors(disk, 0, 128));
  const expected = Buffer.alloc(128 * 512);
  expected.set(pattern(512), 7 * 512);
  expect(seen.equals(expected), 'a new disk reads as zeros but for what the guest wrote').toBe(true);
  const deks: Buffer[] = [];
  for (const file of ['web.vmx', 'web.vmdk']) {
    deks.push(dekIn(unlockByHand(lockedIn(await lab.readText(file)), KEY.bytes) ?? ''));
  }
  const printed = inspect([lab.host, disk], { depth: 20, showHidden: true }) + JSON.stringify([disk, lab.events]);
  for (const key of [KEY.bytes, HOST_KEY.bytes, ...deks].map((bytes) => Buffer.from(bytes))) {
    expect(key.length).toBeGreaterThanOrEqual(32);
    for (const half of [key.subarray(0, 32), key.subarray(-32)]) {
      expect(seen.includes(half)).toBe(false);
      expect(printed).not.toContain(half.toString('hex'));
      expect(printed).not.toContain(half.toString('base64').slice(0, 40));
    }
  }
});
