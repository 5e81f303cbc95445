// ReconfigVM_Task: what policies and crypto specs mean for VM home and disks, with real hosts and their files.
import { createHash } from 'node:crypto';
import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { sectorCount, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import {
  DATASTORE_DEFAULT,
  type EventType,
  type ReconfigVmArguments,
  type VCenter,
  type VCenterVersion,
} from '@vcryptsim/vcenter';
import { cancelTask, checkCompliance, createPolicy, reconfigVm } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { eventText } from '../src/records/event-texts.js';
import { as } from './support/as-user.js';
import { ESX_1, ESX_2, KMS_1, KMS_2, type Lab } from './support/lab.js';
import { type RealHosts, withRealHost } from './support/real-hosts.js';

const POLICY = 'VM Encryption Policy';
const DISK = { capacity: sectorCount(2048) };
const SECRET = new Uint8Array(512).fill(0x5a);

interface World {
  readonly lab: Lab;
  readonly vcenter: VCenter;
  readonly hosts: RealHosts;
  readonly vm: VmUuid;
}

/** A VM of two disks, whose guest has written a sector on each. */
function withVm(
  more: { readonly policy?: string; readonly disks?: readonly object[] },
  test: (world: World) => Promise<void>,
): Promise<void> {
  return withRealHost(async (lab, vcenter, hosts) => {
    const { disks = [DISK, DISK], ...rest } = more;
    const task = await as(vcenter).createVm({
      ...{ name: 'payroll' as VmName, host: ESX_1, disks: disks as never },
      ...rest,
    });
    expect(task.error).toBeNull();
    const vm = vcenter.vms()[0]!.uuid;
    await as(vcenter).powerOnVm(vm);
    for (const { deviceKey } of vcenter.vms()[0]!.disks) {
      const disk = await (await hosts.connect(ESX_1)).openDisk(vm, deviceKey);
      await disk.writeSectors(sectorIndex(7), SECRET);
      await disk.flush();
    }
    await as(vcenter).powerOffVm(vm);
    await test({ lab, vcenter, hosts, vm });
  });
}

/** Key IDs of home and disks as vCenter has them, which are those of the files. */
async function keysOf({ vcenter, hosts, vm }: World): Promise<readonly (string | null)[]> {
  const info = await (await hosts.connect(ESX_1)).vm(vm);
  const [record] = vcenter.vms();
  const inFiles = [info.keyId, ...info.disks.map(({ keyId }) => keyId)];
  expect([record!.keyId, ...record!.disks.map(({ keyId }) => keyId)]).toEqual(inFiles);
  return inFiles.map((id) => id?.keyId ?? null);
}

async function statuses({ vcenter }: World): Promise<readonly string[]> {
  const results = await as(vcenter).session.call(checkCompliance, null, { vms: vcenter.vms().map(({ id }) => id) });
  return results.map(({ status }) => status);
}

async function expectGuestData({ vcenter, hosts, vm }: World): Promise<void> {
  expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ error: null });
  for (const { deviceKey } of vcenter.vms()[0]!.disks) {
    const read = new Uint8Array(512);
    await (await (await hosts.connect(ESX_1)).openDisk(vm, deviceKey)).readSectors(sectorIndex(7), read);
    expect(read).toEqual(SECRET);
  }
  await as(vcenter).powerOffVm(vm);
}

const LOCKS = /\/\.(lock|vh)\.sf\//;

/** A digest of every file of the datastores but those by which hosts lock. */
async function datastoresOf(lab: Lab): Promise<readonly string[]> {
  const files = [...(await lab.filesUnder('/datastores'))].filter(([path]) => !LOCKS.test(path));
  return files.map(([path, bytes]) => `${path} ${createHash('sha256').update(bytes).digest('hex')}`).toSorted();
}

const eventsOf = ({ vcenter }: World) => vcenter.eventRecords().map(({ type }) => type);

/** Reconfigures as the client, or by the API. */
function reconfigure({ vcenter, vm }: World, args: ReconfigVmArguments, via: 'client' | 'api' = 'client') {
  return as(vcenter, undefined, via).reconfigVm(vm, args);
}

/** Looks that it is refused so, that no key was made and that no file of host or datastore differs. */
async function expectRefused(
  world: World,
  args: ReconfigVmArguments,
  fault: object,
  via: 'client' | 'api' = 'client',
): Promise<void> {
  const { lab, vcenter } = world;
  const before = { files: await datastoresOf(lab), vms: vcenter.vms(), keys: lab.servers.keys.size };
  expect(await reconfigure(world, args, via)).toMatchObject({ state: 'error', error: fault });
  expect({ files: await datastoresOf(lab), vms: vcenter.vms(), keys: lab.servers.keys.size }).toEqual(before);
}

describe('[S24] a storage policy that is applied to a VM that is there', () => {
  it('encrypts home and disks by the client, with one key that is new and tagged, and complies', () =>
    withVm({}, async (world) => {
      expect(await keysOf(world)).toEqual([null, null, null]);
      expect(await reconfigure(world, { policy: POLICY })).toMatchObject({ error: null, state: 'success' });
      const [home, ...disks] = await keysOf(world);
      expect(world.lab.servers.bytesOf(home!)).toHaveLength(32);
      expect(disks).toEqual([home, home]);
      const component = world.lab.servers.find(home!).attributes.find(({ name }) => name === 'x-Component');
      expect(Buffer.from((component!.value as { utf8: Uint8Array }).utf8).toString()).toBe('Virtual Machine');
      expect(await statuses(world)).toEqual(['compliant', 'compliant', 'compliant']);
      expect(eventsOf(world)).toEqual(
        expect.arrayContaining([
          'vim.event.VmReconfiguredEvent',
          'vim.event.ProfileAssociatedEvent',
          'com.vmware.vc.crypto.Operation',
        ]),
      );
      await expectGuestData(world);
    }));

  it('encrypts by the API the home alone, and each disk that is named with it', () =>
    withVm({}, async (world) => {
      expect((await reconfigure(world, { policy: POLICY }, 'api')).error).toBeNull();
      const [home] = await keysOf(world);
      expect(home).not.toBeNull();
      expect(await keysOf(world)).toEqual([home, null, null]);
      expect(await statuses(world)).toEqual(['compliant', 'notApplicable', 'notApplicable']);
      expect((await reconfigure(world, { disks: [{ deviceKey: 2001, policy: POLICY }] }, 'api')).error).toBeNull();
      // Without a key of its own it has the VM's.
      expect(await keysOf(world)).toEqual([home, null, home]);
      await expectGuestData(world);
    }));

  it('reaches a plain disk of an encrypted VM either way: by changing the policy, or by editing the disk', async () => {
    const half = { policy: POLICY, disks: [DISK, { ...DISK, policy: DATASTORE_DEFAULT }] };
    for (const args of [{ policy: POLICY }, { disks: [{ deviceKey: 2001, policy: POLICY }] }]) {
      await withVm(half, async (world) => {
        const [home, , second] = await keysOf(world);
        expect(second).toBeNull();
        expect((await reconfigure(world, args)).error).toBeNull();
        expect(await keysOf(world)).toEqual([home, home, home]);
        await expectGuestData(world);
      });
    }
  });

  it('is the only way for a plain VM and its disks: a key or the policy of a disk is not enough', () =>
    withVm({}, async (world) => {
      for (const via of ['client', 'api'] as const) {
        await expectRefused(
          world,
          { crypto: { type: 'Encrypt' } },
          {
            code: 'INVALID_ARGUMENT',
            fault: { what: 'crypto', messageKey: 'encryptForbiddenWithoutEncryptedProfile' },
          },
          via,
        );
        await expectRefused(
          world,
          { policy: POLICY, disks: [{ deviceKey: 2000, policy: DATASTORE_DEFAULT, crypto: { type: 'Encrypt' } }] },
          { code: 'INVALID_ARGUMENT', fault: { messageKey: 'msg.hostd.deviceSpec.enc.badPolicy' } },
          via,
        );
        await expectRefused(
          world,
          { disks: [{ deviceKey: 2000, policy: POLICY }] },
          { code: 'ENCRYPTED_DISK_ON_PLAIN_VM', fault: { messageKey: 'msg.hostd.configSpec.enc.mismatch' } },
          via,
        );
      }
    }));

  it('is noted without a word to the keys where it fits already, and shows where it does not', () =>
    withVm({ policy: POLICY }, async (world) => {
      const own = { name: 'Own', description: '', encrypts: true, allowCleartextFilters: false };
      await as(world.vcenter).session.call(createPolicy, null, own);
      const keys = await keysOf(world);
      expect((await reconfigure(world, { policy: 'Own' })).error).toBeNull();
      expect(await keysOf(world)).toEqual(keys);
      expect(world.vcenter.vms()[0]!.disks.map(({ policy }) => policy)).toEqual([
        world.vcenter.vms()[0]!.policy,
        world.vcenter.vms()[0]!.policy,
      ]);
      expect(eventsOf(world)).not.toContain('com.vmware.vc.crypto.Operation');
      await expectRefused(
        world,
        { policy: DATASTORE_DEFAULT, crypto: { type: 'NoOp' } },
        { code: 'INVALID_ARGUMENT', fault: { messageKey: 'msg.disk.policyChangeFailure' } },
        'api',
      );
    }));
});

describe('[S31] a VM that is decrypted', () => {
  it('by the policy Datastore Default is plain, home and disks, with the data that it had', () =>
    withVm({ policy: POLICY }, async (world) => {
      expect((await reconfigure(world, { policy: DATASTORE_DEFAULT })).error).toBeNull();
      expect(await keysOf(world)).toEqual([null, null, null]);
      expect(await statuses(world)).toEqual(['notApplicable', 'notApplicable', 'notApplicable']);
      await expectGuestData(world);
      expect((await reconfigure(world, { policy: POLICY })).error).toBeNull();
      expect((await keysOf(world)).every((id) => id !== null)).toBe(true);
      await expectGuestData(world);
    }));

  it('by the API loses the encryption of its disks first or together with that of its home, never after', () =>
    withVm({ policy: POLICY }, async (world) => {
      const plain = { policy: DATASTORE_DEFAULT };
      const disks = [2000, 2001].map((deviceKey) => ({ deviceKey, ...plain }));
      await expectRefused(world, plain, { code: 'ENCRYPTED_DISK_ON_PLAIN_VM' }, 'api');
      const [first, second] = disks as [(typeof disks)[0], (typeof disks)[0]];
      expect((await reconfigure(world, { disks: [first] }, 'api')).error).toBeNull();
      const [home, ...rest] = await keysOf(world);
      expect(rest).toEqual([null, home]);
      expect((await reconfigure(world, { ...plain, disks: [second] }, 'api')).error).toBeNull();
      expect(await keysOf(world)).toEqual([null, null, null]);
      await expectGuestData(world);
    }));

  it('keeps its keys while its policy still asks for them', () =>
    withVm({ policy: POLICY }, async (world) => {
      await expectRefused(
        world,
        { crypto: { type: 'Decrypt' } },
        { code: 'INVALID_ARGUMENT', fault: { what: 'policy', messageKey: 'msg.hostd.deviceSpec.enc.badPolicy' } },
        'api',
      );
    }));
});

describe('[S09] a VM that is recrypted', () => {
  it('shallow has a new key, while it runs and without another policy', () =>
    withVm({ policy: POLICY }, async (world) => {
      const before = await keysOf(world);
      await as(world.vcenter).powerOnVm(world.vm);
      expect((await reconfigure(world, { crypto: { type: 'ShallowRecrypt' } })).error).toBeNull();
      const after = await keysOf(world);
      expect(new Set(after).size).toBe(1);
      expect(after[0]).not.toBe(before[0]);
      expect(await statuses(world)).toEqual(['compliant', 'compliant', 'compliant']);
      await as(world.vcenter).powerOffVm(world.vm);
      await expectGuestData(world);
    }));

  it('shallow takes a key of another provider, its own for one disk, or one that is named', () =>
    withVm({ policy: POLICY }, async (world) => {
      const { lab, vcenter } = world;
      const other = 'other-kms' as never;
      await lab.trust(vcenter, other, [KMS_1]);
      const named = await as(vcenter).cryptoManager.generateKey();
      const task = await reconfigure(world, {
        crypto: { type: 'ShallowRecrypt', newKeyId: { keyId: '', providerId: other } },
        disks: [{ deviceKey: 2001, crypto: { type: 'ShallowRecrypt', newKeyId: named } }],
      });
      expect(task.error).toBeNull();
      const [record] = vcenter.vms();
      expect(record!.keyId!.providerId).toBe(other);
      expect(record!.disks.map(({ keyId }) => keyId)).toEqual([record!.keyId, named]);
      await expectGuestData(world);
    }));

  it('deep is off, has its policy still, and keeps its data; without a policy it is refused', () =>
    withVm({ policy: POLICY }, async (world) => {
      const before = await keysOf(world);
      await as(world.vcenter).powerOnVm(world.vm);
      await expectRefused(
        world,
        { crypto: { type: 'DeepRecrypt' } },
        { code: 'INVALID_POWER_STATE', fault: { existing: 'poweredOn' } },
      );
      await as(world.vcenter).powerOffVm(world.vm);
      expect((await reconfigure(world, { crypto: { type: 'DeepRecrypt' } })).error).toBeNull();
      expect((await keysOf(world))[0]).not.toBe(before[0]);
      await expectGuestData(world);
      // Which policy a VM has, its files do not say.
      const { vmxPath } = world.vcenter.vms()[0]!;
      await as(world.vcenter).unregisterVm(world.vm);
      await as(world.vcenter).registerVm({ host: ESX_1, vmxPath });
      await expectRefused(
        world,
        { crypto: { type: 'DeepRecrypt' } },
        { code: 'INVALID_ARGUMENT', fault: { messageKey: 'msg.hostd.deviceSpec.enc.badPolicy' } },
      );
      expect((await reconfigure(world, { policy: POLICY, crypto: { type: 'DeepRecrypt' } })).error).toBeNull();
    }));

  it('passes over a disk that is plain, and refuses one that is named', () =>
    withVm({ policy: POLICY, disks: [DISK, { ...DISK, policy: DATASTORE_DEFAULT }] }, async (world) => {
      const shallow = { type: 'ShallowRecrypt' } as const;
      expect((await reconfigure(world, { crypto: shallow })).error).toBeNull();
      const [home] = await keysOf(world);
      expect(await keysOf(world)).toEqual([home, home, null]);
      await expectRefused(
        world,
        { disks: [{ deviceKey: 2001, crypto: shallow }] },
        { code: 'DISK_NOT_ENCRYPTED', fault: { messageKey: 'msg.hostd.deviceSpec.enc.notEncrypted' } },
      );
      await expectRefused(
        world,
        { policy: POLICY, crypto: { type: 'Encrypt' } },
        { code: 'VM_ENCRYPTED', fault: { messageKey: 'msg.hostd.configSpec.enc.encrypted' } },
      );
      await expectRefused(
        world,
        { disks: [{ deviceKey: 2000, policy: POLICY, crypto: { type: 'Encrypt' } }] },
        { code: 'DISK_ENCRYPTED', fault: { messageKey: 'msg.hostd.deviceSpec.enc.encrypted' } },
      );
      await expectRefused(world, { disks: [{ deviceKey: 3000, crypto: shallow }] }, { code: 'DISK_NOT_FOUND' });
    }));
});

describe('a change that the host does not make', () => {
  it('for want of room leaves files and policies, is told by its event, and the key stays at the key server', () =>
    withVm({ policy: POLICY }, async (world) => {
      const { lab, vcenter } = world;
      const before = { files: await datastoresOf(lab), vms: vcenter.vms(), keys: lab.servers.keys.size };
      const full = lab.files.statfs.bind(lab.files);
      lab.files.statfs = async (path) => ({ ...(await full(path)), freeBytes: 2 ** 20 });
      expect(await reconfigure(world, { crypto: { type: 'DeepRecrypt' } })).toMatchObject({
        error: { code: 'NO_SPACE' },
      });
      lab.files.statfs = full;
      expect({ files: await datastoresOf(lab), vms: vcenter.vms() }).toEqual({
        files: before.files,
        vms: before.vms,
      });
      expect(lab.servers.keys.size).toBe(before.keys + 1);
      expect(eventsOf(world).at(-1)).toBe('com.vmware.vc.vm.crypto.NoDiskSpace');
      await expectGuestData(world);
    }));

  it('because it was canceled is undone, and its progress was told in bytes', () =>
    withVm({ policy: POLICY, disks: [{ capacity: sectorCount(65_536) }] }, async (world) => {
      const { lab, vcenter, hosts, vm } = world;
      const before = { files: await datastoresOf(lab), vms: vcenter.vms() };
      const { session } = as(vcenter);
      const seen: (number | undefined)[] = [];
      let cancel: Promise<unknown> | null = null;
      const host = await hosts.connect(ESX_1);
      const original = host.reconfigureVm.bind(host);
      const spy = vi.spyOn(host, 'reconfigureVm').mockImplementation((uuid, spec, control) => {
        const onProgress = (doneBytes: number, totalBytes: number) => {
          control?.onProgress?.(doneBytes, totalBytes);
          const { id } = vcenter.tasks().at(-1)!;
          seen.push(vcenter.progressOf(id)?.totalBytes);
          cancel ??= session.call(cancelTask, null, { task: id });
        };
        return original(uuid, spec, { ...control, onProgress });
      });
      const task = await session.begin(reconfigVm, as(vcenter).vm(vm), { crypto: { type: 'DeepRecrypt' } });
      expect(await task.ended).toMatchObject({ cancelled: true, error: { code: 'REQUEST_CANCELED' } });
      await cancel;
      spy.mockRestore();
      expect(new Set(seen)).toEqual(new Set([32 * 1024 * 1024]));
      expect({ files: await datastoresOf(lab), vms: vcenter.vms() }).toEqual(before);
      await expectGuestData(world);
    }));

  it('names no event that a release does not have', () => {
    const since = (type: EventType, version: VCenterVersion) => eventText(type, version) !== null;
    expect(since('com.vmware.vc.vm.crypto.NoDiskSpace', '6.7')).toBe(false);
    expect(since('com.vmware.vc.vm.crypto.NoDiskSpace', '7.0')).toBe(true);
    expect(since('com.vmware.vc.vm.crypto.RekeyFail', '7.0')).toBe(false);
    expect(since('com.vmware.vc.vm.crypto.RekeyFail', '7.0U1')).toBe(true);
    expect(since('com.vmware.vc.crypto.Operation', '6.5')).toBe(true);
  });
});

describe('a change whose answer is lost', () => {
  it('is noted as the files have it, without the policy, which the same call gives again', () =>
    withVm({}, async (world) => {
      const { hosts, vcenter } = world;
      const host = await hosts.connect(ESX_1);
      const original = host.reconfigureVm.bind(host);
      const spy = vi.spyOn(host, 'reconfigureVm').mockImplementation(async (...args) => {
        await original(...args);
        throw new HypervisorError({ code: 'HOST_GONE' }, 'This host rebooted.');
      });
      expect((await reconfigure(world, { policy: POLICY })).error?.code).toBe('HOST_GONE');
      spy.mockRestore();
      expect((await keysOf(world)).every((id) => id !== null)).toBe(true);
      expect(vcenter.vms()[0]!.policy).toBeNull();
      const keys = await keysOf(world);
      expect((await reconfigure(world, { policy: POLICY })).error).toBeNull();
      expect(await keysOf(world)).toEqual(keys);
      expect(await statuses(world)).toEqual(['compliant', 'compliant', 'compliant']);
      await expectGuestData(world);
    }));
});

describe('a VM that its host has locked meanwhile', () => {
  it('is refused before a key is made', () =>
    withVm({ policy: POLICY }, async (world) => {
      for (const name of [KMS_1, KMS_2]) world.lab.network.set(name, { kind: 'refuse' });
      await world.hosts.boot(ESX_1);
      const before = world.lab.servers.keys.size;
      // vCenter has not heard of the reboot.
      expect(world.vcenter.vms()[0]!.cryptoState).toBe('unlocked');
      expect((await reconfigure(world, { crypto: { type: 'ShallowRecrypt' } })).error?.code).toBe('VM_LOCKED');
      expect(world.lab.servers.keys.size).toBe(before);
      expect(world.vcenter.vms()[0]!.cryptoState).toBe('locked');
    }));
});

describe('the keys of a change', () => {
  it('are on every host of the cluster before the host makes it', () =>
    withRealHost(
      async (lab, vcenter, hosts) => {
        const vm = await lab.encryptedVm(vcenter);
        expect((await as(vcenter).reconfigVm(vm, { crypto: { type: 'ShallowRecrypt' } })).error).toBeNull();
        const { keyId } = vcenter.vms()[0]!;
        for (const name of [ESX_1, ESX_2]) expect(await (await hosts.connect(name)).listKeys()).toContainEqual(keyId);
      },
      [ESX_1, ESX_2],
    ));

  it('cost what one VM costs, however many others there are', async () => {
    const costOf = async (others: number): Promise<number> => {
      let cost = 0;
      await withRealHost(async (lab, vcenter, _hosts, { asked, files }) => {
        const vm = await lab.encryptedVm(vcenter, 'payroll');
        for (let index = 0; index < others; index++) await lab.encryptedVm(vcenter, `other-${index}`);
        asked.reset();
        const before = files.calls;
        expect((await as(vcenter).reconfigVm(vm, { crypto: { type: 'ShallowRecrypt' } })).error).toBeNull();
        cost = asked.calls + asked.vmInfos + asked.keys + files.calls - before;
      });
      return cost;
    };
    const [small, large] = [await costOf(4), await costOf(8)];
    expect(counted('what one reconfigured VM asks and writes', [small, '4 other VMs'], [large, '8'])).toBe(1);
  });
});
