// What every HostApi does and refuses: the contract that each implementation and each double runs (design.md rule 13).
import {
  capabilityOf,
  type EsxiVersion,
  type HostApi,
  type HypervisorFault,
  type VmCreateSpec,
  type VmInfo,
} from '@vcryptsim/hypervisor/api';
import { type ProviderId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import {
  disk,
  encryptedVm,
  encryptWith,
  grantOf,
  idOf,
  OTHER_VM,
  plainVm,
  STRANGER,
  spentGrant,
  VM,
} from './host-api-samples.js';
import { copiesSuite } from './host-copies-suite.js';
import { followingSuite } from './host-following-suite.js';

/** A host to test. */
export interface HostUnderTest {
  readonly host: HostApi;
  /** A digest over all that outlives a boot: the host's own folder and its datastores. */
  digest(): Promise<string>;
  /** Cuts its power: `host` belongs to an earlier boot from now on. */
  cut(): Promise<void>;
  /** Boots it again on what is there; after {@link cut}. */
  boot(): Promise<HostUnderTest>;
}

const results = async (answers: ReturnType<HostApi['addKeys']>) =>
  (await answers).map(({ success, reason }) => reason ?? success);

/** The fault of a refusal. */
async function faultOf(call: Promise<unknown>): Promise<HypervisorFault> {
  const error: unknown = await call.then(
    () => expect.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'HypervisorError', code: expect.any(String) });
  return (error as { fault: HypervisorFault }).fault;
}

/** All that can be seen of a host, and all that it left on its medium. */
async function everything({ host, digest }: HostUnderTest): Promise<unknown> {
  return { runtime: await host.runtime(), keys: await host.listKeys(), vms: await host.vms(), files: await digest() };
}

/** Says that a call is refused with this fault, and that nothing is other than before. */
async function refused(under: HostUnderTest, call: () => Promise<unknown>, fault: object): Promise<void> {
  const before = await everything(under);
  expect(await faultOf(call())).toMatchObject(fault);
  expect(await everything(under)).toEqual(before);
}

/** Runs the contract. @param boot answers a host that has just booted for the first time, with one empty datastore */
export function hostApiSuite(name: string, boot: (version: EsxiVersion) => Promise<HostUnderTest>): void {
  const fresh = () => boot('7.0U2');
  const safe = async (): Promise<HostUnderTest> => {
    const under = await fresh();
    await under.host.prepareCrypto();
    await under.host.enableCrypto(grantOf('host-key'));
    return under;
  };
  /** A safe host with the encrypted VM and the plain one. */
  const withVms = async (): Promise<HostUnderTest> => {
    const under = await safe();
    await under.host.addKeys([grantOf('vm-key')]);
    await under.host.createVm(encryptedVm);
    await under.host.createVm(plainVm);
    return under;
  };

  describe(`HostApi: ${name}`, () => {
    it('says what it is and what it can do', async () => {
      for (const version of ['6.0', '6.7', '8.0U3'] as const) {
        const { host } = await boot(version);
        expect([host.version, host.capability]).toEqual([version, capabilityOf(version)]);
        expect([host.name.length > 0, host.uuid.length > 0]).toEqual([true, true]);
        expect(await host.runtime()).toEqual({ cryptoState: 'incapable', cryptoKeyId: null, incarnation: 1 });
      }
    });

    describe('crypto mode', () => {
      it('becomes prepared, then safe, and refuses every other way', async () => {
        const under = await fresh();
        const { host } = under;
        const early = grantOf('host-key');
        await refused(under, () => host.enableCrypto(early), { code: 'INVALID_STATE', state: 'incapable' });
        await host.prepareCrypto();
        expect(await host.runtime()).toMatchObject({ cryptoState: 'prepared', cryptoKeyId: null });
        await refused(under, () => host.prepareCrypto(), { code: 'INVALID_STATE', state: 'prepared' });
        await refused(under, () => host.enableCrypto(spentGrant('host-key')), { code: 'INVALID_ARGUMENT' });
        await host.enableCrypto(grantOf('host-key'));
        expect(await host.runtime()).toMatchObject({ cryptoState: 'safe', cryptoKeyId: idOf('host-key') });
        await refused(under, () => host.prepareCrypto(), { code: 'INVALID_STATE', state: 'safe' });
        const other = grantOf('another');
        await refused(under, () => host.enableCrypto(other), { code: 'ALREADY_EXISTS' });
        const again = grantOf('host-key');
        await host.enableCrypto(again);
        expect([early, other, again].every(({ parcel }) => parcel.spent)).toBe(true);
        expect(await host.listKeys()).toEqual([idOf('host-key')]);
      });

      it('takes a host key that came as a key before', async () => {
        const { host } = await fresh();
        await host.prepareCrypto();
        await host.addKeys([grantOf('host-key')]);
        await host.enableCrypto(grantOf('host-key'));
        expect(await host.runtime()).toMatchObject({ cryptoState: 'safe', cryptoKeyId: idOf('host-key') });
        expect(await host.listKeys()).toEqual([idOf('host-key')]);
      });

      it('is not there before ESXi 6.5, nor keys or encrypted VMs; plain VMs are', async () => {
        const under = await boot('6.0');
        const { host } = under;
        const unsupported = { code: 'NOT_SUPPORTED', what: 'encryption' };
        const grants = [grantOf('host-key'), grantOf('vm-key')] as const;
        await refused(under, () => host.prepareCrypto(), unsupported);
        await refused(under, () => host.enableCrypto(grants[0]), unsupported);
        await refused(under, () => host.addKeys([grants[1]]), unsupported);
        await refused(under, () => host.createVm(encryptedVm), unsupported);
        expect(grants.every(({ parcel }) => parcel.spent)).toBe(true);
        expect(await results(host.removeKeys([idOf('vm-key')], false))).toEqual(['NotFound']);
        await host.createVm(plainVm);
        await host.powerOnVm(OTHER_VM);
      });
    });

    describe('keys', () => {
      it('come when it is prepared or safe, are answered each in their order, and every parcel is spent', async () => {
        const under = await fresh();
        const { host } = under;
        const early = grantOf('vm-key');
        const before = await everything(under);
        expect(await results(host.addKeys([early]))).toEqual(['InvalidState']);
        expect(await everything(under)).toEqual(before);
        await host.prepareCrypto();
        expect(await host.addKeys([])).toEqual([]);
        expect(await results(host.addKeys([grantOf('vm-key')]))).toEqual([true]);
        const nameless = { ...grantOf('x'), id: { ...idOf('x'), providerId: '' as ProviderId } };
        const grants = [
          ...[grantOf('vm-key'), spentGrant('spent'), grantOf(''), nameless],
          ...[grantOf('new'), grantOf('vm-key', 'other-kms'), grantOf('new')],
        ];
        const answers = await host.addKeys(grants);
        expect(answers.map(({ id }) => id)).toEqual(grants.map(({ id }) => id));
        expect(answers.map(({ success, reason }) => reason ?? success)).toEqual([
          ...['AlreadyExists', 'InvalidArgument', 'InvalidArgument', 'InvalidArgument'],
          ...[true, true, 'AlreadyExists'],
        ]);
        expect([early, ...grants].every(({ parcel }) => parcel.spent)).toBe(true);
        expect(await host.listKeys()).toEqual([idOf('vm-key'), idOf('new'), idOf('vm-key', 'other-kms')]);
      });

      it('go when nobody uses them, and one in use by force only, which locks the VM that needs it', async () => {
        const under = await withVms();
        const { host } = under;
        await host.addKeys([grantOf('spare')]);
        const ids = [idOf('vm-key'), idOf('host-key'), idOf('unknown')];
        const before = await everything(under);
        expect(await results(host.removeKeys(ids, false))).toEqual(['ResourceInUse', 'ResourceInUse', 'NotFound']);
        expect(await everything(under)).toEqual(before);
        expect(await results(host.removeKeys([idOf('spare')], false))).toEqual([true]);
        expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
        expect(await results(host.removeKeys([idOf('vm-key'), idOf('unknown')], true))).toEqual([true, true]);
        expect(await host.listKeys()).toEqual([idOf('host-key')]);
        expect(await host.vm(VM)).toMatchObject({
          ...{ cryptoState: 'locked', connectionState: 'invalid', missingKeys: [idOf('vm-key')] },
          disks: [{ keyId: idOf('vm-key'), unlocked: false }],
        });
        expect(await host.vm(OTHER_VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
        await host.addKeys([grantOf('vm-key')]);
        expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', missingKeys: [] });
      });

      it('are told to be there or not, those that are asked for and no others', async () => {
        const { host } = await safe();
        await host.addKeys([grantOf('vm-key'), grantOf('spare')]);
        const ids = [idOf('unknown'), idOf('vm-key'), idOf('vm-key', 'other-kms'), idOf('host-key'), idOf('vm-key')];
        expect(await host.getCryptoKeyStatus(ids)).toEqual(
          ids.map((id, at) => ({ id, present: [false, true, false, true, true][at] })),
        );
        expect(await host.getCryptoKeyStatus([])).toEqual([]);
        await host.removeKeys([idOf('vm-key')], true);
        expect(await host.getCryptoKeyStatus([idOf('vm-key')])).toEqual([{ id: idOf('vm-key'), present: false }]);
      });

      it('that go leave a VM running which runs, and lock it when it is powered off', async () => {
        const { host } = await withVms();
        await host.powerOnVm(VM);
        await host.removeKeys([idOf('vm-key')], true);
        expect(await host.vm(VM)).toMatchObject({ powerState: 'poweredOn', cryptoState: 'unlocked' });
        await host.powerOffVm(VM);
        expect(await host.vm(VM)).toMatchObject({ powerState: 'poweredOff', cryptoState: 'locked' });
      });
    });

    describe('createVm', () => {
      it('makes a VM as it was asked for, and answers what vm() answers', async () => {
        const { host } = await safe();
        await host.addKeys([grantOf('vm-key'), grantOf('disk-key')]);
        const disks = [
          disk,
          { ...disk, crypto: encryptWith('disk-key') },
          { ...disk, crypto: { type: 'NoOp' } as const },
        ];
        const made = await host.createVm({ ...encryptedVm, disks });
        expect(made).toMatchObject({
          ...{ uuid: VM, name: 'web', powerState: 'poweredOff', connectionState: 'connected' },
          ...{ cryptoState: 'unlocked', keyId: idOf('vm-key'), missingKeys: [] },
        });
        expect(made.damage ?? made.problem).toBeUndefined();
        expect(made.vmxPath).toMatch(/^\[[^\]]+\] web\/web\.vmx$/);
        expect(
          made.disks.map(({ deviceKey, capacity, keyId, unlocked }) => [deviceKey, capacity, keyId, unlocked]),
        ).toEqual([
          [2000, 16, idOf('vm-key'), true],
          [2001, 16, idOf('disk-key'), true],
          [2002, 16, null, true],
        ]);
        expect(new Set(made.disks.map(({ uuid }) => uuid)).size).toBe(3);
        expect(made.disks.every(({ fileName }) => /^\[[^\]]+\] web\/web[^/]*\.vmdk$/.test(fileName))).toBe(true);
        expect(await host.vm(VM)).toEqual(made);
        const plain = await host.createVm(plainVm);
        expect(plain).toMatchObject({ keyId: null, cryptoState: 'unlocked', missingKeys: [] });
        expect(await host.vms()).toEqual([made, plain]);
      });

      it.each<[string, Partial<VmCreateSpec>, object]>([
        [
          'a key that is not there',
          { crypto: encryptWith('x') },
          { code: 'KEY_NOT_IN_CACHE', requiredKeys: [idOf('x')] },
        ],
        [
          'a disk key that is not there',
          { disks: [disk, { ...disk, crypto: encryptWith('x') }] },
          { code: 'KEY_NOT_IN_CACHE', requiredKeys: [idOf('x')] },
        ],
        ['a spec for VMs that exist', { crypto: { type: 'Decrypt' } }, { code: 'NOT_SUPPORTED', what: 'Decrypt' }],
        ['a name that is a path', { name: '../evil' as VmName }, { code: 'INVALID_ARGUMENT', what: 'name' }],
        ['a UUID that is none', { uuid: 'web' as VmUuid }, { code: 'INVALID_ARGUMENT', what: 'uuid' }],
        ['no memory', { memoryMiB: 0 }, { code: 'INVALID_ARGUMENT', what: 'memoryMiB' }],
        [
          'an empty disk',
          { disks: [{ capacity: sectorCount(0) }] },
          { code: 'INVALID_ARGUMENT', what: 'disks.capacity' },
        ],
        [
          'half a data unit',
          { disks: [{ capacity: sectorCount(9), dataUnitSizeBytes: 4096 }] },
          { code: 'INVALID_ARGUMENT', what: 'disks.capacity' },
        ],
        ['a disk name that is a path', { disks: [{ ...disk, fileName: 'a/b' }] }, { code: 'INVALID_ARGUMENT' }],
        ['two disks of one name', { disks: [disk, { ...disk, fileName: 'web' }] }, { code: 'INVALID_ARGUMENT' }],
        ['more disks than units', { disks: Array.from({ length: 61 }, () => disk) }, { code: 'INVALID_ARGUMENT' }],
        ['an unknown datastore', { datastore: 'nowhere' }, { code: 'INVALID_ARGUMENT', what: 'datastore' }],
        [
          'an encrypted disk of a plain VM',
          { crypto: { type: 'NoOp' }, disks: [{ ...disk, crypto: encryptWith('vm-key') }] },
          { code: 'ENCRYPTED_DISK_ON_PLAIN_VM' },
        ],
      ])('refuses %s, and leaves nothing', async (_what, change, fault) => {
        const under = await safe();
        await under.host.addKeys([grantOf('vm-key')]);
        await refused(under, () => under.host.createVm({ ...encryptedVm, ...change }), fault);
      });

      it('refuses an encrypted VM while it is not safe, and a UUID that is taken', async () => {
        const early = await fresh();
        await refused(early, () => early.host.createVm(encryptedVm), { code: 'INVALID_STATE', state: 'incapable' });
        await early.host.prepareCrypto();
        await early.host.addKeys([grantOf('vm-key')]);
        await refused(early, () => early.host.createVm(encryptedVm), { code: 'INVALID_STATE', state: 'prepared' });
        const under = await withVms();
        const again = { ...encryptedVm, name: 'new' as VmName };
        await refused(under, () => under.host.createVm(again), { code: 'ALREADY_EXISTS' });
      });

      it('makes VMs of one name beside each other: a name is no identity', async () => {
        const { host } = await withVms();
        const twin = await host.createVm({ ...encryptedVm, uuid: STRANGER });
        const made = await host.vm(VM);
        expect([twin.name, twin.uuid]).toEqual(['web', STRANGER]);
        expect(twin.vmxPath).not.toBe(made.vmxPath);
        await host.powerOnVm(STRANGER);
        expect(await host.vm(VM)).toEqual(made);
      });

      it('tells how far it is, and leaves nothing when it is canceled on the way', async () => {
        const under = await safe();
        await under.host.addKeys([grantOf('vm-key')]);
        const disks = [1, 2].map(() => ({ capacity: sectorCount(4096) }));
        const spec = { ...encryptedVm, disks };
        const cancel = new AbortController();
        const canceling = { signal: cancel.signal, onProgress: (done: number) => done > 3 * 2 ** 20 && cancel.abort() };
        await refused(under, () => under.host.createVm(spec, canceling), { code: 'CANCELED' });
        const told: [number, number][] = [];
        await under.host.createVm(spec, { onProgress: (...progress) => told.push(progress) });
        const done = told.map(([bytes]) => bytes);
        expect(done).toEqual([...done].sort((a, b) => a - b));
        expect([done.length > 2, told.at(-1)]).toEqual([true, [4 * 2 ** 20, 4 * 2 ** 20]]);
        expect(told.every(([, total]) => total === 4 * 2 ** 20)).toBe(true);
      });

      it('makes one VM of two that are asked for at once under one UUID', async () => {
        const { host } = await safe();
        const both = await Promise.allSettled([
          host.createVm(plainVm),
          host.createVm({ ...plainVm, name: 'second' as VmName }),
        ]);
        expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
        expect(both[1]).toMatchObject({ reason: { code: 'ALREADY_EXISTS' } });
        expect((await host.vms()).map((vm) => vm.name)).toEqual(['plain']);
      });
    });

    describe('registerVm and unregisterVm', () => {
      it('forget a VM, keep its files, and bring it back as it was, at the end of the list', async () => {
        const { host } = await withVms();
        const made = await host.vm(VM);
        await host.unregisterVm(VM);
        expect((await host.vms()).map(({ uuid }) => uuid)).toEqual([OTHER_VM]);
        expect(await host.registerVm(made.vmxPath)).toEqual(made);
        expect((await host.vms()).map(({ uuid }) => uuid)).toEqual([OTHER_VM, VM]);
      });

      it('take a VM without its key as locked, and let a locked one go', async () => {
        const { host } = await withVms();
        const { vmxPath } = await host.vm(VM);
        await host.removeKeys([idOf('vm-key')], true);
        await host.unregisterVm(VM);
        expect(await host.registerVm(vmxPath)).toMatchObject({
          ...{ uuid: VM, cryptoState: 'locked', connectionState: 'invalid', missingKeys: [idOf('vm-key')] },
        });
        await host.addKeys([grantOf('vm-key')]);
        expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
      });

      it('refuse what is no VM, one that is there, and one that runs', async () => {
        const under = await withVms();
        const { host } = under;
        const { vmxPath } = await host.vm(VM);
        const [datastore = ''] = /^\[[^\]]+\]/.exec(vmxPath) ?? [];
        for (const path of [
          '',
          'web/web.vmx',
          '/etc/passwd',
          `${datastore} ../web/web.vmx`,
          `${datastore} web/../x.vmx`,
        ]) {
          await refused(under, () => host.registerVm(path), { code: 'INVALID_ARGUMENT', what: 'path' });
        }
        await refused(under, () => host.registerVm('[nowhere] web/web.vmx'), { code: 'INVALID_ARGUMENT' });
        await refused(under, () => host.registerVm(`${datastore} none/none.vmx`), { code: 'FILE_DAMAGED' });
        await refused(under, () => host.registerVm(vmxPath), { code: 'ALREADY_EXISTS' });
        await host.powerOnVm(VM);
        const running = { code: 'INVALID_POWER_STATE', existing: 'poweredOn' };
        await refused(under, () => host.unregisterVm(VM), running);
      });
    });

    describe('power', () => {
      it('goes on and off, and no other way', async () => {
        const under = await withVms();
        const { host } = under;
        for (const uuid of [VM, OTHER_VM]) {
          await refused(under, () => host.powerOffVm(uuid), { code: 'INVALID_POWER_STATE', existing: 'poweredOff' });
          await host.powerOnVm(uuid);
          await refused(under, () => host.powerOnVm(uuid), { code: 'INVALID_POWER_STATE', existing: 'poweredOn' });
        }
        expect((await host.vms()).map(({ powerState }) => powerState)).toEqual(['poweredOn', 'poweredOn']);
        for (const uuid of [VM, OTHER_VM]) await host.powerOffVm(uuid);
        expect((await host.vms()).map(({ powerState }) => powerState)).toEqual(['poweredOff', 'poweredOff']);
      });

      it('stays off while the key of the VM home is missing, and while that of a disk is', async () => {
        const under = await safe();
        const { host } = under;
        await host.addKeys([grantOf('vm-key'), grantOf('disk-key')]);
        const made = await host.createVm({
          ...encryptedVm,
          disks: [disk, { ...disk, crypto: encryptWith('disk-key') }],
        });
        await host.removeKeys([idOf('disk-key')], true);
        // A disk's key is not the VM's: the VM looks normal.
        expect(await host.vm(VM)).toMatchObject({
          ...{ cryptoState: 'unlocked', connectionState: 'connected', missingKeys: [idOf('disk-key')] },
          disks: [{ unlocked: true }, { unlocked: false }],
        });
        await refused(under, () => host.powerOnVm(VM), {
          ...{ code: 'DISK_KEY_MISSING', disk: made.disks[1]?.fileName, requiredKeys: [idOf('disk-key')] },
        });
        await host.removeKeys([idOf('vm-key')], true);
        const locked = { code: 'VM_LOCKED', requiredKeys: [idOf('vm-key'), idOf('disk-key')] };
        await refused(under, () => host.powerOnVm(VM), locked);
        await host.addKeys([grantOf('vm-key'), grantOf('disk-key')]);
        await host.powerOnVm(VM);
      });

      it('of two calls at once the first counts', async () => {
        const { host } = await withVms();
        const both = await Promise.allSettled([host.powerOnVm(VM), host.powerOnVm(VM)]);
        expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
        expect(both[1]).toMatchObject({ reason: { code: 'INVALID_POWER_STATE' } });
        expect(await host.vm(VM)).toMatchObject({ powerState: 'poweredOn' });
      });
    });

    it('shows its datastores as they are, and makes a VM on the one that is named', async () => {
      const { host } = await withVms();
      const all = await host.datastores();
      expect(all.length).toBeGreaterThan(0);
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      for (const datastore of all) {
        expect(['VMFS', 'NFS']).toContain(datastore.type);
        expect(datastore).toMatchObject({ accessible: true, freeBytes: expect.any(Number) });
      }
      // The first takes VMs that name none.
      expect((await host.vm(VM)).vmxPath).toBe(`[${all[0]?.name}] web/web.vmx`);
      const last = all.at(-1)?.name ?? '';
      const named = await host.createVm({ ...plainVm, uuid: STRANGER, name: 'named' as VmName, datastore: last });
      expect(named.vmxPath).toBe(`[${last}] named/named.vmx`);
    });

    it('knows no VM that is not registered', async () => {
      const under = await withVms();
      const { host } = under;
      for (const call of ['vm', 'powerOnVm', 'powerOffVm', 'unregisterVm'] as const) {
        await refused(under, () => host[call](STRANGER), { code: 'VM_NOT_FOUND', vm: STRANGER });
      }
    });

    followingSuite(withVms);
    copiesSuite(withVms, refused);

    it('has after a boot its VMs in their order and all off, no key and no mode', async () => {
      const under = await withVms();
      await under.host.powerOnVm(OTHER_VM);
      await under.cut();
      const { host } = await under.boot();
      expect(await host.runtime()).toEqual({ cryptoState: 'incapable', cryptoKeyId: null, incarnation: 2 });
      expect(await host.listKeys()).toEqual([]);
      const seen = ({ uuid, powerState, cryptoState, missingKeys }: VmInfo) => [
        uuid,
        powerState,
        cryptoState,
        missingKeys,
      ];
      expect((await host.vms()).map(seen)).toEqual([
        [VM, 'poweredOff', 'locked', [idOf('vm-key')]],
        [OTHER_VM, 'poweredOff', 'unlocked', []],
      ]);
      await host.prepareCrypto();
      await host.enableCrypto(grantOf('vm-key'));
      // The host key is a key like others: the VM that waited for it unlocks.
      expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
      await host.powerOnVm(VM);
    });

    it('answers HOST_GONE to everything once its boot is over, changes nothing, and spends what it is handed', async () => {
      const { host, cut, digest } = await safe();
      await cut();
      const before = await digest();
      const late = [grantOf('late'), grantOf('later')] as const;
      const calls = [
        host.runtime(),
        host.prepareCrypto(),
        host.enableCrypto(late[0]),
        host.addKeys([late[1]]),
        host.removeKeys([], true),
        host.listKeys(),
        host.getCryptoKeyStatus([idOf('late')]),
        host.datastores(),
        host.createVm(encryptedVm),
        host.registerVm('[ds1] web/web.vmx'),
        host.unregisterVm(VM),
        host.powerOnVm(VM),
        host.powerOffVm(VM),
        host.vm(VM),
        host.vms(),
        host.vmChanges(null),
      ];
      for (const call of calls) expect(await faultOf(call)).toEqual({ code: 'HOST_GONE' });
      expect(late.every(({ parcel }) => parcel.spent)).toBe(true);
      expect(await digest()).toBe(before);
    });
  });
}
