import { drawUuid, type KeyServerName, type ProviderId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { CLUSTER, ESX_1, Lab, PROVIDER } from './support/lab.js';

const LOCKED = 'Virtual Machine Locked Alarm';
const HEARTBEATS_MS = 60_000;

/** Puts a plain VM of this name on the host, as somebody who registers it there does. */
async function plainTwin(lab: Lab, name: string): Promise<VmUuid> {
  const uuid = drawUuid(lab.entropy, 'twin') as VmUuid;
  await lab.hosts.of(ESX_1).createVm({ uuid, name: name as VmName, disks: [{ capacity: sectorCount(2048) }] });
  return uuid;
}

describe('alarms', () => {
  it('tell two VMs of one name apart: the locked one keeps its alarm, raised once, until it is unlocked', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      await plainTwin(lab, 'payroll');
      const key = lab.servers.keys.get('key-1');
      lab.servers.keys.delete('key-1');
      lab.hosts.reboot(ESX_1);
      lab.events.length = 0;
      vcenter.start();
      await lab.clock.after(HEARTBEATS_MS);
      const entity = { type: 'VirtualMachine', id: as(vcenter).vm(vm), name: 'payroll' };
      expect(vcenter.alarms()).toMatchObject([{ name: LOCKED, entity }]);
      const about = () => lab.events.filter(({ type }) => type.startsWith('ALARM_')).map(({ type }) => type);
      expect(about()).toEqual(['ALARM_RAISED']);
      const types = () => vcenter.eventRecords().map(({ type }) => type);
      expect(types().filter((type) => type.includes('VMUnlocked'))).toEqual([]);
      expect(types().filter((type) => type.includes('VMLocked'))).toHaveLength(1);

      lab.servers.keys.set('key-1', key!);
      expect(await as(vcenter).unlockVm(vm)).toMatchObject({ state: 'success' });
      await lab.clock.after(HEARTBEATS_MS);
      expect(vcenter.alarms()).toEqual([]);
      expect(about()).toEqual(['ALARM_RAISED', 'ALARM_CLEARED']);
    }));

  it('of the one stay when the other leaves the inventory, and outlive a reboot of vCenter', () =>
    Lab.run([ESX_1], async (lab, first) => {
      const vm = await lab.encryptedVm(first);
      const { id } = first.vms()[0]!;
      const twin = await plainTwin(lab, 'payroll');
      lab.servers.keys.delete('key-1');
      lab.hosts.reboot(ESX_1);
      await as(first).reconnectHost(ESX_1);
      await as(first).unregisterVm(twin);
      expect(first.alarms()).toMatchObject([{ name: LOCKED, entity: { id } }]);
      await first.stop();
      const second = await lab.bootVCenter();
      expect(second.alarms()).toMatchObject([{ name: LOCKED, entity: { id } }]);
      await as(second).unregisterVm(vm);
      expect(second.alarms()).toEqual([]);
      await second.stop();
    }));

  it('of key servers are not mixed up by a slash in a name', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      const register = (providerId: string, name: string) =>
        cryptoManager.registerKmipServer({
          providerId: providerId as ProviderId,
          server: { name: name as KeyServerName, address: { name: 'nowhere' } },
        });
      await register(`${PROVIDER}/a`, 'b');
      await register(PROVIDER, 'a/b');
      vcenter.start();
      await lab.clock.after(15 * HEARTBEATS_MS);
      const names = () => vcenter.alarms().map(({ entity }) => entity.name);
      expect(names()).toEqual([`${PROVIDER}/a/b`, `${PROVIDER}/a/b`]);
      expect(new Set(vcenter.alarms().map(({ entity }) => entity.id)).size).toBe(2);
      expect(vcenter.computeResources().map(({ name }) => name)).toEqual([CLUSTER]);
    }));
});
