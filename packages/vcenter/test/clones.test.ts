// Clones at vCenter: whose keys and policies they have, and what is refused before a key is made.
import { sectorCount, type VmName } from '@vcryptsim/ports';
import { type CloneVmArguments, DATASTORE_DEFAULT, type VCenter, type VCenterVersion } from '@vcryptsim/vcenter';
import { checkCompliance, cloneVm, createSnapshot } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, type Lab } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

const POLICY = 'VM Encryption Policy';

interface World {
  readonly lab: Lab;
  readonly vcenter: VCenter;
}

/** An encrypted VM of one disk, off. */
function withVm(test: (world: World) => Promise<void>, version: VCenterVersion = '7.0U3'): Promise<void> {
  return withRealHost(
    async (lab, vcenter) => {
      const task = await as(vcenter).createVm({
        ...{ name: 'payroll' as VmName, host: ESX_1, policy: POLICY, disks: [{ capacity: sectorCount(256) }] },
      });
      expect(task.error).toBeNull();
      await test({ lab, vcenter });
    },
    [ESX_1],
    { version },
    version === '6.7' ? '6.7' : '7.0U2',
  );
}

const clone = ({ vcenter }: World, args: Omit<CloneVmArguments, 'name'>) =>
  as(vcenter).session.run(cloneVm, vcenter.vms()[0]!.id, { name: 'copy' as VmName, ...args });
const copyOf = ({ vcenter }: World) => vcenter.vms().find(({ name }) => name === 'copy')!;

async function statusesOf({ vcenter }: World): Promise<readonly string[]> {
  const vms = [copyOf({ vcenter } as World).id];
  return (await as(vcenter).session.call(checkCompliance, null, { vms })).map(({ status }) => status);
}

async function expectRefused(world: World, args: Omit<CloneVmArguments, 'name'>, error: object): Promise<void> {
  const { lab, vcenter } = world;
  const seen = async () => ({
    files: await lab.filesUnder('/datastores'),
    vms: vcenter.vms(),
    keys: lab.servers.keys.size,
  });
  const before = await seen();
  expect(await clone(world, args)).toMatchObject({ state: 'error', error });
  expect(await seen()).toEqual(before);
}

describe('a clone', () => {
  it('has the keys and the policies of its source, and no key is made', () =>
    withVm(async (world) => {
      const { lab, vcenter } = world;
      const keys = lab.servers.keys.size;
      expect(await clone(world, {})).toMatchObject({ name: 'CloneVM_Task', error: null });
      const [source] = vcenter.vms();
      const copy = copyOf(world);
      expect(lab.servers.keys.size).toBe(keys);
      expect([copy.keyId, copy.disks[0]!.keyId]).toEqual([source!.keyId, source!.keyId]);
      expect([copy.policy, copy.disks[0]!.policy]).toEqual([source!.policy, source!.policy]);
      expect(await statusesOf(world)).toEqual(['compliant', 'compliant']);
      const cloned = vcenter.eventRecords().find(({ type }) => type === 'vim.event.VmClonedEvent');
      expect(cloned).toMatchObject({ entity: { id: copy.id }, arguments: { sourceVm: 'payroll' } });
      expect((await as(vcenter).powerOnVm(copy.uuid)).error).toBeNull();
    }));

  it('[S43] may change its policy and its keys in the same step, and its source stays as it is', () =>
    withVm(async (world) => {
      const before = world.vcenter.vms()[0]!;
      expect((await clone(world, { policy: DATASTORE_DEFAULT })).error).toBeNull();
      const { keyId, disks, policy } = copyOf(world);
      expect([keyId, disks[0]!.keyId, policy]).toEqual([null, null, null]);
      const other = await as(world.vcenter).session.run(cloneVm, before.id, {
        ...{ name: 'other' as VmName, crypto: { type: 'ShallowRecrypt' } as const },
      });
      expect(other.error).toBeNull();
      const last = world.vcenter.vms().find(({ name }) => name === 'other')!;
      expect(last.keyId).not.toBeNull();
      expect(last.keyId).not.toEqual(before.keyId);
      expect(last.disks[0]!.keyId).toEqual(last.keyId);
      expect(world.vcenter.vms()[0]).toEqual(before);
    }));

  it('gets no other keys before 7.0', () =>
    withVm((world) => expectRefused(world, { crypto: { type: 'DeepRecrypt' } }, { code: 'INVALID_ARGUMENT' }), '6.7'));

  it('that is linked keeps the keys of its source', () =>
    withVm(async (world) => {
      await as(world.vcenter).session.run(createSnapshot, world.vcenter.vms()[0]!.id, { name: 'base' });
      for (const args of [{ crypto: { type: 'ShallowRecrypt' } as const }, { policy: DATASTORE_DEFAULT }]) {
        await expectRefused(
          world,
          { kind: 'linked', ...args },
          { code: 'INVALID_ARGUMENT', fault: { what: 'crypto' } },
        );
      }
      expect((await clone(world, { kind: 'linked' })).error).toBeNull();
      expect(copyOf(world).keyId).toEqual(world.vcenter.vms()[0]!.keyId);
    }));

  it('[S23] keeps the format of its source where another was asked for, and an event says which disks', () =>
    withVm(async (world) => {
      expect((await clone(world, { provisioning: 'thin' })).error).toBeNull();
      const kept = world.vcenter.eventRecords().filter(({ type }) => type === 'vcryptsim.DiskFormatKeptEvent');
      expect(kept).toMatchObject([{ entity: { id: copyOf(world).id }, arguments: { disks: 'disk 2000' } }]);
    }));

  it('whose name is taken is refused', () =>
    withVm(async (world) => {
      expect((await clone(world, {})).error).toBeNull();
      await expectRefused(world, {}, { code: 'ALREADY_EXISTS' });
    }));
});
