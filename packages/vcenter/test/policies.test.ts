import { type MoRef, sectorCount, type VmName } from '@vcryptsim/ports';
import { DATASTORE_DEFAULT, SAMPLE_POLICY, type VCenter } from '@vcryptsim/vcenter';
import { checkCompliance, createPolicy, deletePolicy, updatePolicy } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, KMS_1, Lab, PROVIDER } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

const DISK = { capacity: sectorCount(2048) };
const VM_HOME = 'VM Encryption Policy';

async function make(vcenter: VCenter, name: string, more: object, via: 'client' | 'api' = 'client') {
  const disks = [DISK, DISK];
  return as(vcenter, undefined, via).createVm({ name: name as VmName, host: ESX_1, disks, ...more });
}

function check(vcenter: VCenter) {
  return as(vcenter).session.call(checkCompliance, null, { vms: vcenter.vms().map(({ id }) => id) });
}

const statuses = async (vcenter: VCenter) => (await check(vcenter)).map(({ status }) => status);

describe('[S12] storage policies', () => {
  it('begin with the sample policy under its ID', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      expect(vcenter.policies()).toEqual([
        {
          id: '4d5f673c-536f-11e6-beb8-9e71128cae77',
          name: 'VM Encryption Policy',
          description: "Sample storage policy for VMware's VM and virtual disk encryption",
          encrypts: true,
          allowCleartextFilters: false,
          generation: 0,
        },
      ]);
    }));

  it('of one name are on many VMs, whose homes and disks comply', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      for (const name of ['a', 'b', 'c']) expect((await make(vcenter, name, { policy: VM_HOME })).error).toBeNull();
      expect(await statuses(vcenter)).toEqual(Array.from({ length: 9 }, () => 'compliant'));
      expect(
        new Set(vcenter.vms().flatMap(({ policy, disks }) => [policy, ...disks.map((disk) => disk.policy)])),
      ).toEqual(new Set([SAMPLE_POLICY.id]));
    }));

  it('[S06] of the web client hold for every disk with one KEK, of the API for the VM home alone', () =>
    withRealHost(async (_lab, vcenter) => {
      await make(vcenter, 'by-client', { policy: VM_HOME });
      await make(vcenter, 'by-api', { policy: VM_HOME, disks: [DISK, { ...DISK, policy: VM_HOME }] }, 'api');
      const keys = (at: number) => [vcenter.vms()[at]!.keyId, ...vcenter.vms()[at]!.disks.map(({ keyId }) => keyId)];
      const [home, ...disks] = keys(0);
      expect(home).not.toBeNull();
      expect(disks).toEqual([home, home]);
      const [apiHome, ...apiDisks] = keys(1);
      expect(apiDisks).toEqual([null, apiHome]);
      expect(await statuses(vcenter)).toEqual([
        ...['compliant', 'compliant', 'compliant'],
        ...['compliant', 'notApplicable', 'compliant'],
      ]);
    }));

  it('show Datastore Default as not applicable, whatever a VM holds', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      await make(vcenter, 'plain', { policy: DATASTORE_DEFAULT });
      expect(vcenter.vms()).toMatchObject([{ keyId: null, policy: null }]);
      expect(await statuses(vcenter)).toEqual(['notApplicable', 'notApplicable', 'notApplicable']);
    }));

  it('that are edited leave VMs as they are, and show the drift', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      const session = as(vcenter).session;
      const own = { name: 'Own', description: 'a clone', encrypts: true, allowCleartextFilters: true };
      const id = await session.call(createPolicy, null, own);
      await make(vcenter, 'a', { policy: 'Own' });
      const before = vcenter.vms();
      await session.call(updatePolicy, null, { id, ...own, allowCleartextFilters: false });
      expect(await statuses(vcenter)).toEqual(['outOfDate', 'outOfDate', 'outOfDate']);
      await session.call(updatePolicy, null, { id, ...own, encrypts: false, allowCleartextFilters: false });
      expect(await check(vcenter)).toMatchObject([
        {
          disk: null,
          policy: 'Own',
          status: 'nonCompliant',
          violated: {
            property: 'IOFILTERS',
            expectedValue: 'no IO filter',
            currentValue: 'vmwarevmcrypt@ENCRYPTION',
          },
        },
        { disk: 2000, status: 'nonCompliant' },
        { disk: 2001, status: 'nonCompliant' },
      ]);
      expect(vcenter.vms()).toEqual(before);
    }));

  it('are unknown where the host does not answer, and known again when it does', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await make(vcenter, 'a', { policy: VM_HOME });
      const host = lab.hosts.of(ESX_1);
      lab.hosts.up.delete(ESX_1);
      expect(await statuses(vcenter)).toEqual(['unknown', 'unknown', 'unknown']);
      lab.hosts.up.set(ESX_1, host);
      expect(await statuses(vcenter)).toEqual(['compliant', 'compliant', 'compliant']);
    }));

  it('of a locked VM are still known: its files name their key', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await make(vcenter, 'a', { policy: VM_HOME });
      lab.hosts.reboot(ESX_1);
      expect(await statuses(vcenter)).toEqual(['compliant', 'compliant', 'compliant']);
    }));

  it('cannot be removed while anything has them, nor made under a name that is taken', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      const session = as(vcenter).session;
      const own = { name: 'Own', description: '', encrypts: true, allowCleartextFilters: false };
      const id = await session.call(createPolicy, null, own);
      for (const name of ['Own', DATASTORE_DEFAULT, VM_HOME]) {
        await expect(session.call(createPolicy, null, { ...own, name })).rejects.toMatchObject({
          code: 'ALREADY_EXISTS',
        });
      }
      await expect(
        session.call(createPolicy, null, { ...own, name: 'Odd', encrypts: false, allowCleartextFilters: true }),
      ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fault: { what: 'allowCleartextFilters' } });
      await make(vcenter, 'a', { policy: 'Own' });
      await expect(session.call(deletePolicy, null, { id })).rejects.toMatchObject({
        code: 'RESOURCE_IN_USE',
        message: expect.stringContaining('3 VM homes and disks'),
      });
      await as(vcenter).unregisterVm(vcenter.vms()[0]!.uuid);
      await session.call(deletePolicy, null, { id });
      expect(vcenter.policies().map(({ name }) => name)).toEqual([VM_HOME]);
      await expect(make(vcenter, 'b', { policy: 'Own' })).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' });
    }));
});

describe('wrong combinations of policies and keys', () => {
  const key = { keyId: 'key-1', providerId: PROVIDER } as never;
  it.each<[what: string, more: object, messageKey: string, via: 'client' | 'api']>([
    ['a key without an encrypting policy', { cryptoKeyId: key }, 'encryptForbiddenWithoutEncryptedProfile', 'client'],
    [
      'a disk with a key and no encrypting policy',
      { policy: VM_HOME, disks: [{ ...DISK, crypto: { type: 'Encrypt', cryptoKeyId: key } }] },
      'msg.hostd.deviceSpec.enc.badPolicy',
      'api',
    ],
    [
      'an encrypted disk in a plain VM',
      { disks: [{ ...DISK, policy: VM_HOME }] },
      'msg.hostd.configSpec.enc.mismatch',
      'api',
    ],
  ])('refuse %s with their message key, and ask no key server', (_what, more, messageKey, via) =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      lab.wire.clear();
      const { error } = await make(vcenter, 'a', more, via);
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', fault: { messageKey } });
      expect(lab.wire.conversations).toEqual([]);
      expect(vcenter.vms()).toEqual([]);
      expect(lab.hosts.of(ESX_1).registered).toEqual([]);
    }),
  );
});

describe('[S18] a vCenter Server appliance', () => {
  const appliance = { policy: VM_HOME, product: 'vCenter Server' };

  it('is encrypted with a warning that says why that is a circle', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      expect((await make(vcenter, 'vcsa', appliance)).error).toBeNull();
      const [vm] = vcenter.vms();
      const warnings = vcenter.eventRecords().filter(({ type }) => type.includes('VCenterAppliance'));
      expect(warnings).toMatchObject([
        {
          type: 'vcryptsim.VCenterApplianceEncryptedEvent',
          entity: { id: vm?.id, name: 'vcsa' },
          message: 'A vCenter Server was encrypted: it cannot start again without the keys that it would have to fetch',
        },
      ]);
    }));

  it('is refused where the setting says so, and nothing is made; plain it is always taken', () =>
    Lab.run([ESX_1], async (lab, other) => {
      await other.stop();
      const vcenter = await lab.bootVCenter({ settings: { encryptedVCenter: 'refuse' } });
      lab.wire.clear();
      expect((await make(vcenter, 'vcsa', appliance)).error).toMatchObject({ code: 'VCENTER_APPLIANCE' });
      expect(lab.wire.conversations).toEqual([]);
      expect(vcenter.vms()).toEqual([]);
      expect((await make(vcenter, 'vcsa', { product: 'vCenter Server' })).error).toBeNull();
      lab.network.set(KMS_1, { kind: 'refuse' });
      await vcenter.stop();
    }));
});

describe('the reference of a VM', () => {
  it('is new when the VM comes back to the inventory', () =>
    Lab.run([ESX_1], async (_lab, vcenter) => {
      await make(vcenter, 'a', {});
      const [first] = vcenter.vms();
      expect(first?.id).toMatch(/^vm-\d+$/);
      await as(vcenter).unregisterVm(first!.uuid);
      await make(vcenter, 'a', {});
      expect(vcenter.vms()[0]?.id).not.toBe(first?.id as MoRef<'VirtualMachine'>);
    }));
});
