import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, KMS_1, KMS_2, Lab, PROVIDER } from './support/lab.js';

const LOCKED = 'Virtual Machine Locked Alarm';
const CLUSTER_ERROR = 'Virtual machine is locked because an error occurred on the key provider';
const MISSING = 'Virtual machine is locked because keys were missing on the key provider';

describe('key servers that fail', () => {
  it('asks the servers in their order, each time from the first', () =>
    Lab.run([], async (lab, vcenter) => {
      lab.network.set(KMS_1, { kind: 'refuse' });
      await as(vcenter).cryptoManager.generateKey();
      expect(new Set(lab.wire.conversations.map(({ to }) => to))).toEqual(new Set([KMS_2]));
      lab.network.clear(KMS_1);
      lab.wire.clear();
      await as(vcenter).cryptoManager.generateKey();
      expect(new Set(lab.wire.conversations.map(({ to }) => to))).toEqual(new Set([KMS_1]));
    }));

  it('passes over a server that is silent when its time is up', () =>
    Lab.run([], async (lab, vcenter) => {
      lab.network.set(KMS_1, { kind: 'hang' });
      const startMs = lab.clock.nowMs;
      await as(vcenter).cryptoManager.generateKey();
      // Two steps, Create and the product tags, each of which waits for the first server once.
      expect(lab.clock.nowMs - startMs).toBe(60_000);
      expect(lab.events.filter(({ type }) => type === 'KMS_STEP_FAILED')).toMatchObject([
        { step: 'CREATE', server: KMS_1, code: 'TIMED_OUT' },
        { step: 'TAG_PRODUCT', server: KMS_1, code: 'TIMED_OUT' },
      ]);
    }));

  it('tells what each server refused with when no key can be generated', () =>
    Lab.run([], async (lab, vcenter) => {
      lab.network.set(KMS_1, { kind: 'refuse' });
      lab.network.set(KMS_2, { kind: 'hang' });
      await expect(as(vcenter).cryptoManager.generateKey()).rejects.toMatchObject({
        code: 'KEY_GENERATION_FAILED',
        fault: {
          providerId: PROVIDER,
          servers: [
            { server: KMS_1, code: 'REFUSED' },
            { server: KMS_2, code: 'TIMED_OUT' },
          ],
        },
        message: expect.stringMatching(/Failed to generate key on KMS kms-1: .* Failed to generate key on KMS kms-2: /),
      });
      expect(vcenter.eventRecords()).toMatchObject([{ type: 'com.vmware.vc.kms.crypto.KeyGenerateFail' }]);
    }));

  it('makes no VM when no key can be generated', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      for (const server of [KMS_1, KMS_2]) await lab.servers.stop(server);
      await expect(lab.encryptedVm(vcenter)).rejects.toThrow('KEY_GENERATION_FAILED');
      expect(vcenter.vms()).toEqual([]);
      expect(lab.hosts.of(ESX_1).registered).toEqual([]);
      expect(vcenter.tasks().at(-1)).toMatchObject({ name: 'CreateVM_Task', state: 'error', result: null });
    }));

  it.each(['Deactivated', 'Compromised', 'Destroyed'] as const)(
    'refuses a key that is %s, and asks no other server',
    (state) =>
      Lab.run([ESX_1], async (lab, vcenter) => {
        const vm = await lab.encryptedVm(vcenter);
        lab.servers.setState('key-1', state);
        lab.hosts.reboot(ESX_1);
        lab.wire.clear();
        const { error } = await as(vcenter).unlockVm(vm);
        expect(error).toMatchObject({ code: 'KEY_NOT_ACTIVE', fault: { keyId: { keyId: 'key-1' }, state } });
        expect(lab.wire.conversations.map(({ to }) => to)).toEqual([KMS_1, KMS_1]);
        expect(lab.hosts.of(ESX_1).cache.has('key-1/corp-kms')).toBe(false);
      }),
  );

  it('cannot use a key whose State is not readable, and names the servers', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      lab.servers.attributesReadable = false;
      const host = lab.hosts.reboot(ESX_1);
      const { error } = await as(vcenter).unlockVm(vm);
      expect(error).toMatchObject({ code: 'KMS_CLUSTER_ERROR', fault: { answered: true } });
      expect(error?.message).toMatch(
        /^Cannot get key key-2 from KMS server kms-1, reason: .*from KMS server kms-2, reason: /,
      );
      expect(host.cache.size).toBe(0);
    }));

  it('calls a key missing only when every server says so', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      lab.hosts.reboot(ESX_1);
      await as(vcenter).cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
      lab.servers.keys.delete('key-1');
      lab.network.set(KMS_2, { kind: 'refuse' });
      expect((await as(vcenter).unlockVm(vm)).error?.code).toBe('KMS_CLUSTER_ERROR');
      lab.network.clear(KMS_2);
      expect((await as(vcenter).unlockVm(vm)).error?.code).toBe('KEY_NOT_FOUND');
    }));

  it('does not let the missing key of one VM hold up another VM', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter, 'payroll');
      await lab.encryptedVm(vcenter, 'ledger');
      lab.servers.keys.delete('key-1');
      lab.hosts.reboot(ESX_1);
      expect(await as(vcenter).reconnectHost(ESX_1)).toMatchObject({ error: { code: 'KEY_NOT_FOUND' } });
      expect(vcenter.vms()).toMatchObject([
        { name: 'payroll', cryptoState: 'locked' },
        { name: 'ledger', cryptoState: 'unlocked' },
      ]);
      expect(vcenter.alarms()).toMatchObject([{ name: LOCKED, entity: { name: 'payroll' }, message: MISSING }]);
    }));

  it('[S29] raises the alarm when a rebooted host finds no key server, and clears it when the next attempt succeeds', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      vcenter.start();
      await lab.clock.after(1_000);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'refuse' });
      await lab.clock.after(50_000);
      expect(vcenter.alarms()).toEqual([]);

      lab.hosts.reboot(ESX_1);
      await lab.clock.after(10_000);
      expect(vcenter.vms()).toMatchObject([{ cryptoState: 'locked', connectionState: 'invalid' }]);
      const locked = { name: LOCKED, entity: { type: 'VirtualMachine', name: 'payroll' }, message: CLUSTER_ERROR };
      const host = { name: 'Host Requires Encryption Mode Enabled Alarm', entity: { name: ESX_1 } };
      expect(vcenter.alarms()).toMatchObject([host, locked]);
      await lab.clock.after(100_000);
      const types = () => vcenter.eventRecords().map(({ type }) => type);
      const once = (wanted: string) => types().filter((type) => type === wanted).length;
      expect(once('com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError')).toBe(1);
      expect(once('com.vmware.vc.host.Crypto.ReqEnable.KMSClusterError')).toBe(1);

      for (const server of [KMS_1, KMS_2]) lab.network.clear(server);
      await lab.clock.after(300_000);
      expect(vcenter.vms()).toMatchObject([{ cryptoState: 'unlocked', connectionState: 'connected' }]);
      expect(vcenter.alarms()).toEqual([]);
      expect(types().at(-1)).toBe('com.vmware.vc.vm.Crypto.VMUnlocked');
    }));

  it('tries again at once when a VM is unlocked by hand', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'refuse' });
      lab.hosts.reboot(ESX_1);
      await as(vcenter).reconnectHost(ESX_1);
      expect(vcenter.alarms().map(({ name }) => name)).toContain(LOCKED);
      for (const server of [KMS_1, KMS_2]) lab.network.clear(server);
      expect(await as(vcenter).unlockVm(vm)).toMatchObject({ name: 'CryptoUnlock_Task', state: 'success' });
      expect(vcenter.alarms()).toEqual([]);
    }));

  it('notices the reboot of one host while another waits for a silent key server', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const slow = lab.hosts.boot('esx-9' as typeof ESX_1);
      const [cluster] = vcenter.computeResources();
      await as(vcenter).addHost({ name: slow.name, cluster: cluster!.name });
      await lab.encryptedVm(vcenter);
      vcenter.start();
      await lab.clock.after(1_000);
      for (const server of [KMS_1, KMS_2]) lab.network.set(server, { kind: 'hang' });
      lab.hosts.reboot(slow.name);
      await lab.clock.after(11_000);
      lab.hosts.reboot(ESX_1);
      lab.events.length = 0;
      await lab.clock.after(11_000);
      expect(lab.events).toContainEqual({ type: 'HOST_SEEN', host: ESX_1, incarnation: 2 });
    }));

  it('[S20] does not find the keys of a provider under another name, and finds them under its first name again', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      const { cryptoManager } = as(vcenter);
      for (const server of [KMS_1, KMS_2]) await cryptoManager.removeKmipServer(PROVIDER, server);
      expect(await as(vcenter).powerOnVm(vm)).toMatchObject({ state: 'success' });
      await lab.trust(vcenter, 'new-name' as typeof PROVIDER, [KMS_1]);
      lab.hosts.reboot(ESX_1);
      expect((await as(vcenter).powerOnVm(vm)).error).toMatchObject({
        code: 'PROVIDER_NOT_FOUND',
        fault: { providerId: PROVIDER },
      });
      await as(vcenter).reconnectHost(ESX_1);
      expect(vcenter.vms()).toMatchObject([{ connectionState: 'invalid' }]);

      await cryptoManager.registerKmipServer({
        providerId: PROVIDER,
        server: { name: KMS_1, address: { name: KMS_1 } },
      });
      const certificate = await cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
      await cryptoManager.uploadKmipServerCert(PROVIDER, KMS_1, certificate);
      expect(await as(vcenter).unlockVm(vm)).toMatchObject({ state: 'success' });
      expect(vcenter.vms()).toMatchObject([{ connectionState: 'connected' }]);
    }));

  it('says whether a server is down, silent, or does not accept vCenter', () =>
    Lab.run([], async (lab, vcenter) => {
      const { cryptoManager } = as(vcenter);
      expect(cryptoManager.retrieveKmipServersStatus()).toMatchObject([{ status: 'gray' }, { status: 'gray' }]);
      lab.network.set(KMS_2, { kind: 'hang' });
      await cryptoManager.pollHealth();
      expect(cryptoManager.retrieveKmipServersStatus()).toMatchObject([
        { name: KMS_1, status: 'green', clientTrustServer: true, serverTrustClient: true },
        { name: KMS_2, status: 'red', connectionStatus: 'Connection timeout to Key Management Server' },
      ]);
      expect(vcenter.alarms()).toMatchObject([{ name: 'Key Management Server Health Status Alarm' }]);
      lab.network.clear(KMS_2);
      lab.servers.trustedClients.length = 0;
      await cryptoManager.pollHealth();
      expect(cryptoManager.retrieveKmipServersStatus()).toMatchObject([
        { connectionStatus: 'User authentication failed to Key Management Server', serverTrustClient: false },
        { connectionStatus: 'User authentication failed to Key Management Server', serverTrustClient: false },
      ]);
      await lab.servers.stop(KMS_1);
      await cryptoManager.pollHealth();
      expect(cryptoManager.retrieveKmipServersStatus()[0]).toMatchObject({
        connectionStatus: 'Cannot connect to Key Management Server',
      });
      for (const server of [KMS_1, KMS_2]) await cryptoManager.removeKmipServer(PROVIDER, server);
      expect(vcenter.alarms()).toEqual([]);
    }));

  it('fetches nothing for a host key that is missing, since a host without encryption mode takes no keys', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      lab.servers.keys.delete('key-2');
      const host = lab.hosts.reboot(ESX_1);
      expect((await as(vcenter).reconnectHost(ESX_1)).error).toMatchObject({
        code: 'KEY_NOT_FOUND',
        fault: { keyId: { keyId: 'key-2' as KeyId } },
      });
      expect(host.state).toBe('incapable');
      expect(host.calls).toBe(0);
      expect(vcenter.eventRecords().map(({ type }) => type)).toContain(
        'com.vmware.vc.host.Crypto.ReqEnable.KeyMissingOnKMS',
      );
    }));
});
