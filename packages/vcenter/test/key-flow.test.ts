import { Kek } from '@vcryptsim/crypto-core';
import { parseBundle, Vmx } from '@vcryptsim/hypervisor/formats';
import { drawUuid, formatKeyId, type KeyId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { formsOf } from './support/key-forms.js';
import { ESX_1, ESX_2, KMS_1, KMS_2, Lab, PROVIDER } from './support/lab.js';
import { encryptedVmOf } from './support/vm-request.js';

const vmKey = { keyId: 'key-1' as KeyId, providerId: PROVIDER };

describe('keys on their way', () => {
  it('[S01] brings the KEK from the key server into the cache of every host of the cluster, byte for byte', () =>
    Lab.run([ESX_1, ESX_2], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      for (const host of [ESX_1, ESX_2]) {
        const at = lab.hosts.of(host);
        const hostKey = { keyId: 'key-2' as KeyId, providerId: PROVIDER };
        expect(await at.runtime()).toMatchObject({ cryptoState: 'safe', cryptoKeyId: hostKey });
        for (const keyId of ['key-1', 'key-2'] as KeyId[]) {
          const crypto = { type: 'Encrypt', cryptoKeyId: { ...hostKey, keyId } } as const;
          const uuid = drawUuid(lab.entropy, `uses ${keyId}`) as VmUuid;
          await at.createVm({ name: keyId as string as VmName, uuid, crypto, disks: [] });
          const [sealed] = parseBundle(Vmx.parse(await at.readVmx(uuid), 'VMX').get('encryption.bundle') ?? '', 'VMX');
          // What the host sealed with its key opens with the bytes that the server made, and with no others.
          const made = Kek.take(lab.servers.bytesOf(keyId).slice());
          expect(Buffer.from(made.unlock(sealed.locked)).toString('latin1')).toMatch(/^type=key:cipher=XTS-AES-256:/);
          made.dispose();
        }
      }
    }));

  it('[S02] keeps key IDs in its files, and no key in any form', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      await as(vcenter).reconnectHost(ESX_1);
      const files = await lab.filesUnder('/vcenter');
      const everything = Buffer.concat([...files.values()]);
      expect(everything.includes('key-1')).toBe(true);
      for (const { bytes } of lab.servers.keys.values()) {
        for (const form of formsOf(bytes)) {
          expect(everything.includes(form)).toBe(false);
          // The same look finds a key that is there.
          expect(Buffer.concat([everything, Buffer.from(form), everything]).includes(form)).toBe(true);
        }
      }
    }));

  it('[S02] says nothing of a key in tasks, events, alarms or to the observer but its ID', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const told = JSON.stringify([lab.events, vcenter.tasks(), vcenter.eventRecords(), vcenter.alarms()]);
      expect(told).toContain('key-1');
      for (const { bytes } of lab.servers.keys.values()) {
        for (const form of formsOf(bytes)) expect(told.includes(form.toString('latin1'))).toBe(false);
      }
    }));

  it('[S27] keeps of the host key its ID alone', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const hostKeyId = { keyId: 'key-2', providerId: PROVIDER };
      expect(vcenter.computeResources()).toMatchObject([{ name: 'cluster-1', hostKeyId }]);
      const database = (await lab.filesUnder('/vcenter')).get('/vcenter/vcdb.log');
      for (const form of formsOf(lab.servers.bytesOf('key-2'))) {
        expect(Buffer.from(database!).includes(form)).toBe(false);
      }
    }));

  it('[S04] fetches the keys by ID after a reboot, pushes them, and the VM unlocks', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      vcenter.start();
      await lab.clock.after(1_000);
      const host = lab.hosts.reboot(ESX_1);
      expect(await host.vms()).toMatchObject([{ cryptoState: 'locked', connectionState: 'invalid' }]);
      lab.events.length = 0;
      await lab.clock.after(10_000);
      expect(await host.vms()).toMatchObject([{ cryptoState: 'unlocked', connectionState: 'connected' }]);
      expect(lab.events.filter(({ type }) => type === 'KEY_FETCHED' || type === 'KEY_PUSHED')).toMatchObject([
        { type: 'KEY_FETCHED', keyId: { keyId: 'key-2' } },
        { type: 'KEY_FETCHED', keyId: vmKey },
        { type: 'KEY_PUSHED', keyId: vmKey, host: ESX_1 },
      ]);
      expect(vcenter.alarms()).toEqual([]);
    }));

  it('[S04] does the same after a reboot of vCenter itself, from its folder', () =>
    Lab.run([ESX_1], async (lab, first) => {
      await lab.encryptedVm(first);
      await first.stop();
      lab.hosts.reboot(ESX_1);
      const second = await lab.bootVCenter();
      expect(second.vms()).toMatchObject([{ name: 'payroll', keyId: vmKey }]);
      second.start();
      await lab.clock.after(1_000);
      expect(await lab.hosts.of(ESX_1).vms()).toMatchObject([{ cryptoState: 'unlocked' }]);
      await second.stop();
    }));

  it('asks nobody at power on while the host has the key, and fetches it by ID when it has not', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'refuse' });
      lab.wire.clear();
      expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ name: 'PowerOnVM_Task', state: 'success' });
      expect(lab.wire.conversations).toEqual([]);
      expect(vcenter.vms()).toMatchObject([{ powerState: 'poweredOn' }]);

      for (const server of [KMS_1, KMS_2]) lab.network.clear(server);
      const host = lab.hosts.reboot(ESX_1);
      expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ state: 'success' });
      expect(host.poweredOn.has(vm)).toBe(true);
    }));

  it('[S29] fails the power on of a VM whose key is not to be had, with the reason', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      lab.servers.keys.delete('key-1');
      lab.hosts.reboot(ESX_1);
      const { error } = await as(vcenter).powerOnVm(vm);
      expect(error).toMatchObject({ code: 'KEY_NOT_FOUND', fault: { keyId: vmKey } });
      expect(error?.message).toMatch(/^Key key-1\/corp-kms not found\./);
    }));

  it('[S06] encrypts VM home and disks with one key, and treats a second VM with another', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter, 'payroll');
      await lab.encryptedVm(vcenter, 'ledger');
      expect(
        vcenter
          .vms()
          .map(({ keyId, disks }) => [keyId, ...disks.map((disk) => disk.keyId)].map((id) => id && formatKeyId(id))),
      ).toEqual([
        ['key-1/corp-kms', 'key-1/corp-kms'],
        ['key-3/corp-kms', 'key-3/corp-kms'],
      ]);
    }));

  it('makes a plain VM without a word to any key server', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const disks = [{ capacity: sectorCount(2048) }];
      const task = await as(vcenter).createVm({ name: 'plain' as VmName, host: ESX_1, disks });
      expect(task).toMatchObject({ name: 'CreateVM_Task', state: 'success', error: null });
      expect(lab.wire.conversations).toEqual([]);
      expect(lab.hosts.of(ESX_1).state).toBe('incapable');
    }));

  it('gives a host that joins later the keys of the whole cluster', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      const late = lab.hosts.boot(ESX_2);
      const [cluster] = vcenter.computeResources();
      await as(vcenter).addHost({ name: ESX_2, cluster: cluster!.name });
      expect([...late.cache.keys()].sort()).toEqual(['key-1/corp-kms', 'key-2/corp-kms']);
    }));

  it('gives a host that was down its keys at the first heartbeat after it is back', () =>
    Lab.run([ESX_1, ESX_2], async (lab, vcenter) => {
      vcenter.start();
      const other = lab.hosts.of(ESX_2);
      lab.hosts.up.delete(ESX_2);
      await lab.encryptedVm(vcenter);
      expect(vcenter.hosts()).toMatchObject([{ connectionState: 'connected' }, { connectionState: 'notResponding' }]);
      lab.hosts.up.set(ESX_2, other);
      await lab.clock.after(11_000);
      expect([...other.cache.keys()].sort()).toEqual(['key-1/corp-kms', 'key-2/corp-kms']);
      expect(vcenter.eventRecords().map(({ type }) => type)).toEqual(
        expect.arrayContaining(['vim.event.HostConnectionLostEvent', 'vim.event.HostConnectedEvent']),
      );
    }));

  it('makes the VM though another host of the cluster goes away meanwhile, and serves that host when it is back', () =>
    Lab.run([ESX_1, ESX_2], async (lab, vcenter) => {
      lab.network.set(KMS_1, { kind: 'slow', delayMs: 1_000 });
      const making = as(vcenter).createVm(encryptedVmOf('payroll'));
      await lab.clock.after(1_500);
      const back = lab.hosts.of(ESX_2).rebooted();
      lab.hosts.up.delete(ESX_2);
      expect((await making).error).toBeNull();
      expect([...lab.hosts.of(ESX_1).cache.keys()].sort()).toEqual(['key-1/corp-kms', 'key-2/corp-kms']);
      lab.hosts.up.set(ESX_2, back);
      vcenter.start();
      await lab.clock.after(60_000);
      expect([...back.cache.keys()].sort()).toEqual(['key-1/corp-kms', 'key-2/corp-kms']);
    }));

  it('leaves no parcel behind, whether the host takes the keys, refuses them or is gone', async () => {
    for (const refuse of ['nothing', 'by result', 'before taking'] as const) {
      await Lab.run([ESX_1], async (lab, vcenter) => {
        await lab.encryptedVm(vcenter);
        const host = lab.hosts.of(ESX_1);
        host.refuse = refuse;
        const disks = [{ capacity: sectorCount(2048) }];
        const more = { name: 'ledger' as VmName, host: ESX_1, policy: 'VM Encryption Policy', disks };
        const task = await as(vcenter).createVm(more);
        expect(task.error?.code).toBe(refuse === 'nothing' ? undefined : 'KEY_PUSH_FAILED');
        expect(host.parcels.length).toBeGreaterThan(2);
        expect(host.parcels.every(({ spent }) => spent)).toBe(true);
        expect(vcenter.vms()).toHaveLength(refuse === 'nothing' ? 2 : 1);
      });
    }
  });
});
