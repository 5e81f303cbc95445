// The part of HostApi's contract by which disks come and go, and copies and templates are made.
import type { HostApi, VmCloneSpec, VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { sectorCount, type VmName } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { disk, encryptWith, idOf, OTHER_VM, STRANGER, VM } from './host-api-samples.js';

/** Says that a call is refused with this fault, and that nothing is other than before. */
type Refused<Under> = (under: Under, call: () => Promise<unknown>, fault: object) => Promise<void>;

/** @param withVms answers a safe host with the encrypted VM and the plain one */
export function copiesSuite<Under extends { readonly host: HostApi }>(
  withVms: () => Promise<Under>,
  refused: Refused<Under>,
): void {
  const copy = (changes: Partial<VmCloneSpec> = {}): VmCloneSpec => ({
    ...{ name: 'copy' as VmName, uuid: STRANGER },
    ...changes,
  });

  describe('disks and copies', () => {
    it('disks come, go and grow, each refused where it does not fit', async () => {
      const under = await withVms();
      const { host } = under;
      const bad: readonly [VmReconfigureSpec, object][] = [
        [{ addDisks: [{ ...disk, unit: 7 }] }, { code: 'INVALID_ARGUMENT' }],
        [{ addDisks: [{ existing: '[ds1] web/web.vmdk' }] }, { code: 'INVALID_STATE', state: 'diskInUse' }],
        [{ removeDisks: [{ deviceKey: 2009 }] }, { code: 'DISK_NOT_FOUND' }],
        [{ growDisks: [{ deviceKey: 2000, capacity: sectorCount(8) }] }, { code: 'INVALID_ARGUMENT' }],
        [{ addDisks: [disk], crypto: { type: 'Decrypt' } }, { code: 'INVALID_ARGUMENT' }],
      ];
      for (const [spec, fault] of bad) await refused(under, () => host.reconfigureVm(VM, spec), fault);
      const encrypted = { addDisks: [{ ...disk, crypto: encryptWith('vm-key') }] };
      const plain = { code: 'ENCRYPTED_DISK_ON_PLAIN_VM' };
      await refused(under, () => host.reconfigureVm(OTHER_VM, encrypted), plain);
      const { disks } = await host.reconfigureVm(VM, { addDisks: [{ ...disk, bus: 'nvme' }] });
      expect(disks.map(({ deviceKey, keyId }) => [deviceKey, keyId])).toEqual([
        [2000, idOf('vm-key')],
        [31_000, idOf('vm-key')],
      ]);
      await host.reconfigureVm(VM, { growDisks: [{ deviceKey: 31_000, capacity: sectorCount(32) }] });
      expect((await host.vm(VM)).disks[1]?.capacity).toBe(32);
      await host.reconfigureVm(VM, { removeDisks: [{ deviceKey: 31_000, destroy: true }] });
      expect((await host.vm(VM)).disks.length).toBe(1);
      await host.powerOnVm(VM);
      const running = { code: 'INVALID_POWER_STATE', existing: 'poweredOn' };
      await refused(under, () => host.reconfigureVm(VM, { addDisks: [disk] }), running);
      await refused(under, () => host.cloneVm(VM, copy()), running);
      await refused(under, () => host.markAsTemplate(VM), running);
    });

    it('a copy has the keys of its source, and a template neither runs nor changes', async () => {
      const under = await withVms();
      const { host } = under;
      await refused(under, () => host.cloneVm(VM, copy({ uuid: OTHER_VM })), { code: 'ALREADY_EXISTS' });
      await refused(under, () => host.cloneVm(VM, copy({ kind: 'linked' })), { code: 'INVALID_ARGUMENT' });
      const linked = copy({ kind: 'linked', crypto: { type: 'Decrypt' } });
      await refused(under, () => host.cloneVm(VM, linked), { code: 'NOT_SUPPORTED', what: 'linked clone' });
      await refused(under, () => host.markAsVirtualMachine(VM), { code: 'NOT_SUPPORTED', what: 'template' });
      expect(await host.cloneVm(VM, copy({ template: true }))).toEqual({ uuid: STRANGER, keptFormat: [] });
      const template = await host.vm(STRANGER);
      expect([template.keyId, template.vmxPath.endsWith('.vmtx')]).toEqual([idOf('vm-key'), true]);
      const fault = { code: 'NOT_SUPPORTED', what: 'template' };
      await refused(under, () => host.powerOnVm(STRANGER), fault);
      await refused(under, () => host.reconfigureVm(STRANGER, { crypto: { type: 'Decrypt' } }), fault);
      await host.markAsVirtualMachine(STRANGER);
      await host.powerOnVm(STRANGER);
    });
  });
}
