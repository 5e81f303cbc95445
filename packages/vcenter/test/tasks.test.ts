import { type MoRef, sectorCount, type VmName } from '@vcryptsim/ports';
import { ADMINISTRATOR, EVENT_TYPES, impossiblePair, type UserName, VCENTER_VERSIONS } from '@vcryptsim/vcenter';
import {
  cancelTask,
  createUser,
  createVm,
  cryptoUnlockVm,
  powerOnVm,
  setEntityPermission,
} from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { eventText } from '../src/records/event-texts.js';
import { as } from './support/as-user.js';
import { ESX_1, KMS_1, KMS_2, Lab } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

const MIB_16 = sectorCount(32_768);

describe('a task', () => {
  it('is handed out at once, queued while another has its VM, and says who asked', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = as(vcenter).vm(await lab.encryptedVm(vcenter));
      lab.hosts.reboot(ESX_1);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'hang' });
      const { session } = as(vcenter);
      const first = await session.begin(cryptoUnlockVm, vm, {});
      const second = await session.begin(powerOnVm, vm, {});
      const states = () =>
        vcenter
          .tasks()
          .slice(-2)
          .map(({ name, state, user }) => [name, state, user]);
      expect(states()).toEqual([
        ['CryptoUnlock_Task', 'running', ADMINISTRATOR],
        ['PowerOnVM_Task', 'queued', ADMINISTRATOR],
      ]);
      expect(first.id).not.toBe(second.id);
      expect(vcenter.tasks().at(-1)).toMatchObject({ startedMs: null, endedMs: null, entity: { id: vm } });
      expect((await first.ended).state).toBe('error');
      for (const server of [KMS_1, KMS_2]) lab.network.clear(server);
      expect((await second.ended).state).toBe('success');
    }));

  it('says how far it is in bytes and per cent, and ends when it is canceled, with nothing left of its work', () =>
    withRealHost(async (lab, vcenter, hosts) => {
      const { session } = as(vcenter);
      const disks = [{ capacity: MIB_16 }, { capacity: MIB_16 }];
      const args = { name: 'big' as VmName, host: as(vcenter).host(ESX_1), disks };
      const task = await session.begin(createVm, as(vcenter).vmFolder, args);
      const seen: number[] = [];
      while (!seen.some((percent) => percent > 50)) {
        await Promise.resolve();
        const progress = vcenter.progressOf(task.id);
        if (!progress) continue;
        expect(progress.totalBytes).toBe(32 * 1024 * 1024);
        expect(progress.percent).toBe(Math.floor((100 * progress.doneBytes) / progress.totalBytes));
        seen.push(progress.percent);
      }
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      await session.call(cancelTask, null, { task: task.id });
      expect(await task.ended).toMatchObject({ state: 'error', cancelled: true, error: { code: 'REQUEST_CANCELED' } });
      expect(vcenter.vms()).toEqual([]);
      expect(await (await hosts.connect(ESX_1)).vms()).toEqual([]);
      expect([...(await lab.filesUnder('/')).keys()].filter((path) => path.includes('big'))).toEqual([]);
      expect(vcenter.progressOf(task.id)).toBeNull();
      await expect(session.call(cancelTask, null, { task: task.id })).rejects.toMatchObject({ code: 'INVALID_STATE' });
    }));

  it('[S17] of another user is canceled with privilege Global.CancelTask only, an own one without', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = as(vcenter).vm(await lab.encryptedVm(vcenter));
      const alice = 'alice@vsphere.local' as UserName;
      await as(vcenter).session.call(createUser, null, { name: alice });
      await as(vcenter).session.call(setEntityPermission, null, {
        ...{ user: alice, entity: vm, propagate: true },
        roleId: vcenter.roles().find(({ name }) => name === 'Read-only')!.id,
      });
      lab.hosts.reboot(ESX_1);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'hang' });
      const task = await as(vcenter).session.begin(cryptoUnlockVm, vm, {});
      await expect(as(vcenter, alice).session.call(cancelTask, null, { task: task.id })).rejects.toMatchObject({
        code: 'NO_PERMISSION',
        fault: { privilege: 'Global.CancelTask', object: vm },
      });
      await as(vcenter).session.call(cancelTask, null, { task: task.id });
      expect(await task.ended).toMatchObject({ cancelled: true });
      const unknown = 'task-99999' as MoRef<'Task'>;
      await expect(as(vcenter, alice).session.call(cancelTask, null, { task: unknown })).rejects.toMatchObject({
        code: 'OBJECT_NOT_FOUND',
      });
    }));
});

describe('events', () => {
  it('carry the user, the objects by reference and what they speak of', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const [vm] = vcenter.vms();
      expect(vcenter.eventRecords().find(({ type }) => type === 'vim.event.VmCreatedEvent')).toMatchObject({
        user: ADMINISTRATOR,
        entity: { type: 'VirtualMachine', id: vm?.id, name: 'payroll' },
      });
      expect(vcenter.eventRecords().find(({ type }) => type.endsWith('host.Crypto.Enabled'))).toMatchObject({
        user: 'vpxd',
        entity: { type: 'HostSystem', id: vcenter.hosts()[0]?.id },
      });
    }));

  // Typed from facts/vsphere-rules.md section 3.1.
  it.each([
    [
      'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError',
      '6.7',
      'Virtual machine is locked because of a KMS cluster error',
    ],
    [
      'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError',
      '7.0U1',
      'Virtual machine is locked because an error occurred on the KMS cluster',
    ],
    [
      'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError',
      '7.0U2',
      'Virtual machine is locked because an error occurred on the key provider',
    ],
    ['com.vmware.vc.host.Crypto.Enabled', '6.7', 'Host is on encryption mode'],
    ['com.vmware.vc.host.Crypto.Enabled', '7.0', 'Encryption mode is enabled on host'],
    ['com.vmware.vc.kms.crypto.KeyGenerateFail', '6.7', null],
    ['com.vmware.vc.kms.crypto.KeyGenerateFail', '7.0U1', 'Key creation failed on KMS cluster'],
    ['com.vmware.vc.kms.crypto.KeyGenerateFail', '8.0U3', 'Key creation failed on key provider'],
    ['com.vmware.vc.kms.crypto.Unreachable', '6.5', null],
  ] as const)('say of %s in %s: %s', (type, version, text) => {
    expect(eventText(type, version)).toBe(text);
  });

  it('that a release does not have are not recorded there', () =>
    Lab.run([ESX_1], async (lab, other) => {
      await other.stop();
      for (const [version, count] of [
        ['6.7', 0],
        ['7.0U3', 1],
      ] as const) {
        const vcenter = await lab.bootVCenter({ version });
        for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'refuse' });
        await expect(as(vcenter).cryptoManager.generateKey()).rejects.toMatchObject({ code: 'KEY_GENERATION_FAILED' });
        const types = vcenter.eventRecords().filter(({ type }) => type.endsWith('KeyGenerateFail'));
        expect(types).toHaveLength(count);
        await vcenter.stop();
      }
    }));

  it('have a sentence in the newest release, every one', () => {
    for (const type of EVENT_TYPES) expect(eventText(type, '8.0U3')).toMatch(/^[A-Z].*[^.]$/);
  });
});

describe('releases', () => {
  it('have the methods that came with them', () =>
    Lab.run([ESX_1], async (lab, other) => {
      const vm = as(other).vm(await lab.encryptedVm(other));
      await other.stop();
      const old = await lab.bootVCenter({ version: '6.5' });
      await expect(as(old).session.run(cryptoUnlockVm, vm, {})).rejects.toMatchObject({
        code: 'METHOD_NOT_FOUND',
        fault: { method: 'CryptoUnlock_Task', since: '6.7' },
      });
      await old.stop();
      const later = await lab.bootVCenter({ version: '6.7' });
      expect((await as(later).session.run(cryptoUnlockVm, vm, {})).error).toBeNull();
      await later.stop();
    }));

  it('pair with hosts that are not newer and not too old', () => {
    expect(impossiblePair('7.0U3', '7.0U2')).toBeNull();
    expect(impossiblePair('6.7', '7.0')).toMatch(/a host must not be newer than its vCenter$/);
    expect(impossiblePair('7.0U1', '7.0U2')).toMatch(/must not be newer/);
    expect(impossiblePair('8.0', '6.5')).toMatch(/the oldest host that it takes is ESXi 6\.7$/);
    expect(impossiblePair('6.5', '6.0')).toBeNull();
    for (const version of VCENTER_VERSIONS) {
      const takes = (['6.0', '6.5', '6.7', '7.0', '7.0U2', '8.0', '8.0U3'] as const).filter(
        (host) => impossiblePair(version, host) === null,
      );
      expect(takes.length).toBeGreaterThan(1);
    }
  });
});
