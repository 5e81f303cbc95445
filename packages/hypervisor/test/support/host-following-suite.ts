// The part of HostApi's contract by which a caller follows the VMs of a host.
import type { HostApi } from '@vcryptsim/hypervisor/api';
import { describe, expect, it } from 'vitest';
import { idOf, OTHER_VM, VM } from './host-api-samples.js';

/** @param withVms answers a safe host with the encrypted VM and the plain one */
export function followingSuite(withVms: () => Promise<{ readonly host: HostApi }>): void {
  describe('vmChanges', () => {
    it('tells all at first, then what changed since, and nothing when nothing did', async () => {
      const { host } = await withVms();
      const first = await host.vmChanges(null);
      expect([first.changed, first.removed]).toEqual([await host.vms(), []]);
      const nothing = { revision: first.revision, changed: [], removed: [] };
      expect(await host.vmChanges(first.revision)).toEqual(nothing);
      await host.powerOnVm(OTHER_VM);
      const second = await host.vmChanges(first.revision);
      expect([second.changed, second.removed]).toEqual([[await host.vm(OTHER_VM)], []]);
      expect(second.revision).toBeGreaterThan(first.revision);
      await host.removeKeys([idOf('vm-key')], true);
      const third = await host.vmChanges(second.revision);
      expect(third.changed).toEqual([await host.vm(VM)]);
      expect(third.changed).toMatchObject([{ cryptoState: 'locked', missingKeys: [idOf('vm-key')] }]);
      await host.unregisterVm(VM);
      const last = await host.vmChanges(first.revision);
      expect([last.changed.map(({ uuid }) => uuid), last.removed]).toEqual([[OTHER_VM], [VM]]);
    });

    it('tells of a VM that came back once, as it is now, and all for a number not yet reached', async () => {
      const { host } = await withVms();
      const { vmxPath } = await host.vm(VM);
      const { revision } = await host.vmChanges(null);
      await host.unregisterVm(VM);
      await host.registerVm(vmxPath);
      const back = await host.vmChanges(revision);
      expect([back.changed, back.removed]).toEqual([[await host.vm(VM)], []]);
      const all = await host.vmChanges(back.revision + 1);
      expect(all).toEqual({ revision: back.revision, changed: await host.vms(), removed: [] });
    });
  });
}
