// What every HostApi does: the suite that EsxiHost and the doubles of other packages' tests run.
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import type { HostApi, KeyGrant, VmCreateSpec } from '@vcryptsim/hypervisor/api';
import { type CryptoKeyId, type KeyId, type ProviderId, sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';

/** A host to test, and the end of its boot. */
export interface HostUnderTest {
  readonly host: HostApi;
  /** Its power is cut: this object belongs to an earlier boot from now on. */
  cut(): Promise<void>;
}

const idOf = (name: string, provider = 'corp-kms'): CryptoKeyId => ({
  keyId: name as KeyId,
  providerId: provider as ProviderId,
});
const grantOf = (name: string, provider?: string): KeyGrant => ({
  id: idOf(name, provider),
  parcel: KeyParcel.seal(new Uint8Array(32).map((_, at) => at + name.length)),
});
const VM = '4f1d1d0e-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
const STRANGER = '11111111-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
const encryptedVm: VmCreateSpec = {
  name: 'web' as VmName,
  uuid: VM,
  crypto: { type: 'Encrypt', cryptoKeyId: idOf('vm-key') },
  disks: [{ capacity: sectorCount(128) }],
};
const results = async (answers: ReturnType<HostApi['addKeys']>) =>
  (await answers).map(({ success, reason }) => reason ?? success);

/** @param boot answers a host that has just booted for the first time, with one empty datastore */
export function hostApiSuite(name: string, boot: () => Promise<HostUnderTest>): void {
  const safe = async (): Promise<HostUnderTest> => {
    const under = await boot();
    await under.host.prepareCrypto();
    await under.host.enableCrypto(grantOf('host-key'));
    return under;
  };

  describe(`HostApi: ${name}`, () => {
    it('becomes prepared, then safe, and refuses every other way', async () => {
      const { host } = await boot();
      expect(await host.runtime()).toEqual({ cryptoState: 'incapable', cryptoKeyId: null, incarnation: 1 });
      const early = grantOf('host-key');
      await expect(host.enableCrypto(early)).rejects.toMatchObject({ code: 'INVALID_STATE' });
      expect(early.parcel.spent).toBe(true);
      await host.prepareCrypto();
      await expect(host.prepareCrypto()).rejects.toMatchObject({ code: 'INVALID_STATE' });
      await host.enableCrypto(grantOf('host-key'));
      expect(await host.runtime()).toMatchObject({ cryptoState: 'safe', cryptoKeyId: idOf('host-key') });
      const again = grantOf('host-key');
      await host.enableCrypto(again);
      expect(again.parcel.spent).toBe(true);
      const other = grantOf('another');
      await expect(host.enableCrypto(other)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      expect(other.parcel.spent).toBe(true);
      expect(await host.listKeys()).toEqual([idOf('host-key')]);
    });

    it('takes keys when it is prepared or safe, answers for each in their order, and spends every parcel', async () => {
      const { host } = await boot();
      const early = grantOf('vm-key');
      expect(await results(host.addKeys([early]))).toEqual(['InvalidState']);
      await host.prepareCrypto();
      expect(await results(host.addKeys([grantOf('vm-key')]))).toEqual([true]);
      const spent = grantOf('spent');
      spent.parcel.dispose();
      const grants = [grantOf('vm-key'), spent, grantOf(''), grantOf('new'), grantOf('vm-key', 'other-kms')];
      expect(await results(host.addKeys(grants))).toEqual([
        'AlreadyExists',
        'InvalidArgument',
        'InvalidArgument',
        true,
        true,
      ]);
      expect([early, ...grants].every(({ parcel }) => parcel.spent)).toBe(true);
      expect(await host.listKeys()).toEqual([idOf('vm-key'), idOf('new'), idOf('vm-key', 'other-kms')]);
    });

    it('gives a key in use up by force only, and locks the VM that needs it', async () => {
      const { host } = await safe();
      await host.addKeys([grantOf('vm-key')]);
      await host.createVm(encryptedVm);
      const ids = [idOf('vm-key'), idOf('host-key'), idOf('unknown')];
      expect(await results(host.removeKeys(ids, false))).toEqual(['ResourceInUse', 'ResourceInUse', 'NotFound']);
      expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', connectionState: 'connected' });
      expect(await results(host.removeKeys([idOf('vm-key'), idOf('unknown')], true))).toEqual([true, true]);
      expect(await host.vm(VM)).toMatchObject({
        cryptoState: 'locked',
        connectionState: 'invalid',
        missingKeys: [idOf('vm-key')],
      });
      await expect(host.powerOnVm(VM)).rejects.toMatchObject({ code: 'VM_LOCKED' });
      await host.addKeys([grantOf('vm-key')]);
      expect(await host.vm(VM)).toMatchObject({ cryptoState: 'unlocked', missingKeys: [] });
    });

    it('makes, starts, stops and forgets VMs, and refuses what cannot be', async () => {
      const { host } = await safe();
      await expect(host.createVm(encryptedVm)).rejects.toMatchObject({ code: 'KEY_NOT_IN_CACHE' });
      expect(await host.vms()).toEqual([]);
      await host.addKeys([grantOf('vm-key')]);
      expect(await host.createVm(encryptedVm)).toMatchObject({
        uuid: VM,
        powerState: 'poweredOff',
        keyId: idOf('vm-key'),
      });
      await expect(host.createVm(encryptedVm)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await expect(host.powerOffVm(VM)).rejects.toMatchObject({ code: 'INVALID_POWER_STATE' });
      await host.powerOnVm(VM);
      await expect(host.powerOnVm(VM)).rejects.toMatchObject({ code: 'INVALID_POWER_STATE' });
      await expect(host.unregisterVm(VM)).rejects.toMatchObject({ code: 'INVALID_POWER_STATE' });
      expect(await host.vms()).toMatchObject([{ uuid: VM, powerState: 'poweredOn' }]);
      await host.powerOffVm(VM);
      for (const call of [host.vm(STRANGER), host.powerOnVm(STRANGER), host.unregisterVm(STRANGER)]) {
        await expect(call).rejects.toMatchObject({ code: 'VM_NOT_FOUND' });
      }
      expect(await host.vms()).toHaveLength(1);
      await host.unregisterVm(VM);
      expect(await host.vms()).toEqual([]);
    });

    it('answers HOST_GONE to everything once its boot is over, and spends what it is handed', async () => {
      const { host, cut } = await safe();
      await cut();
      const late = [grantOf('late'), grantOf('later')] as const;
      const calls = [
        host.runtime(),
        host.prepareCrypto(),
        host.enableCrypto(late[0]),
        host.addKeys([late[1]]),
        host.removeKeys([], true),
        host.listKeys(),
        host.createVm(encryptedVm),
        host.registerVm('[ds1] web/web.vmx'),
        host.unregisterVm(VM),
        host.powerOnVm(VM),
        host.powerOffVm(VM),
        host.vm(VM),
        host.vms(),
      ];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'HOST_GONE' });
      expect(late.every(({ parcel }) => parcel.spent)).toBe(true);
    });
  });
}
