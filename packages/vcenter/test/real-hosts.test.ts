import { sectorCount, sectorIndex, type VmName } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { formsOf } from './support/key-forms.js';
import { ESX_1 } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

describe('vCenter with real hosts', () => {
  it('[S04] a host reboots, its VM is locked, vCenter brings the keys, and the guest reads what it wrote', () =>
    withRealHost(async (lab, vcenter, hosts) => {
      const vm = await lab.encryptedVm(vcenter);
      expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ state: 'success' });
      const sector = new Uint8Array(512).fill(0x5a);
      const before = await (await hosts.connect(ESX_1)).openDisk(vm, 2000);
      await before.writeSectors(sectorIndex(7), sector);
      await before.flush();

      const host = await hosts.boot(ESX_1);
      expect(await host.vm(vm)).toMatchObject({ cryptoState: 'locked', connectionState: 'invalid' });
      vcenter.start();
      await lab.clock.after(1_000);
      expect(await host.vm(vm)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
      expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ state: 'success' });
      const read = new Uint8Array(512);
      await (await host.openDisk(vm, 2000)).readSectors(sectorIndex(7), read);
      expect(read).toEqual(sector);
    }));

  it('[S01] lets no DEK onto the wire to a key server nor into a file of vCenter', () =>
    withRealHost(async (lab, vcenter, hosts) => {
      await lab.encryptedVm(vcenter);
      await hosts.boot(ESX_1);
      await as(vcenter).reconnectHost(ESX_1);
      const wire = lab.wire.conversations.flatMap(({ requests, answers }) => [
        ...requests.map((hex) => Buffer.from(hex, 'hex')),
        ...answers,
      ]);
      const seen = Buffer.concat([...wire, ...(await lab.filesUnder('/vcenter')).values()]);
      const deks = hosts.recorder.draws().filter(({ label }) => label.startsWith('DEK'));
      expect(deks.length).toBeGreaterThanOrEqual(2);
      for (const { bytes } of deks) {
        for (const form of bytes.lend(formsOf)) expect(seen.includes(form)).toBe(false);
      }
      // The KEK does pass on this wire: the same look finds it.
      expect(seen.includes(Buffer.from(lab.servers.bytesOf('key-1')))).toBe(true);
    }));

  it('[S30] starts no VM whose disk has a key of its own that is gone, and names the disk', () =>
    withRealHost(async (lab, vcenter, hosts) => {
      const diskKey = await as(vcenter).cryptoManager.generateKey();
      const task = await as(vcenter).createVm({
        name: 'payroll' as VmName,
        host: ESX_1,
        policy: 'VM Encryption Policy',
        disks: [
          { capacity: sectorCount(2048) },
          { capacity: sectorCount(2048), crypto: { type: 'Encrypt', cryptoKeyId: diskKey } },
        ],
      });
      expect(task.error).toBeNull();
      const vm = vcenter.vms()[0]!.uuid;
      expect(vcenter.vms()[0]!.disks.map(({ keyId }) => keyId)).toMatchObject([{ keyId: 'key-2' }, diskKey]);
      lab.servers.keys.delete(diskKey.keyId);
      await hosts.boot(ESX_1);
      const { error } = await as(vcenter).powerOnVm(vm);
      expect(error).toMatchObject({ code: 'DISK_KEY_MISSING', fault: { requiredKeys: [diskKey] } });
      expect(vcenter.vms()).toMatchObject([{ connectionState: 'connected', cryptoState: 'unlocked' }]);
      expect(vcenter.alarms()).toEqual([]);
    }));

  it('[S29] refuses to power on a locked VM, lets it be unregistered, and registers it again, locked and then not', () =>
    withRealHost(async (lab, vcenter, hosts) => {
      const vm = await lab.encryptedVm(vcenter);
      const vmxPath = vcenter.vms()[0]!.vmxPath;
      for (const name of ['kms-1', 'kms-2']) lab.network.set(name, { kind: 'refuse' });
      await hosts.boot(ESX_1);
      expect((await as(vcenter).powerOnVm(vm)).error?.code).toBe('KMS_CLUSTER_ERROR');
      expect(await as(vcenter).unregisterVm(vm)).toMatchObject({ name: 'UnregisterVM', state: 'success' });
      expect(vcenter.vms()).toEqual([]);
      expect(vcenter.alarms().filter(({ entity }) => entity.type === 'VirtualMachine')).toEqual([]);

      expect(await as(vcenter).registerVm({ host: ESX_1, vmxPath })).toMatchObject({ state: 'success' });
      expect(vcenter.vms()).toMatchObject([{ uuid: vm, connectionState: 'invalid', cryptoState: 'locked' }]);
      expect(vcenter.alarms().map(({ entity }) => entity.name)).toContain('payroll');
      for (const name of ['kms-1', 'kms-2']) lab.network.clear(name);
      expect(await as(vcenter).unlockVm(vm)).toMatchObject({ state: 'success' });
      expect(vcenter.vms()).toMatchObject([{ connectionState: 'connected', cryptoState: 'unlocked' }]);
      expect(vcenter.alarms()).toEqual([]);
    }));
});
