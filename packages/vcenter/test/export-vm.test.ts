import { type ExportLease, exportVm } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { ESX_1 } from './support/lab.js';
import { PrivilegeWorld } from './support/privilege-world.js';

const ONE_HOST = { hosts: [ESX_1] };

describe('ExportVm', () => {
  it("[S28] is refused of an encrypted VM, under VMware's message key, and leaves it as it is", () =>
    PrivilegeWorld.run(async (world) => {
      const vm = world.vm(await world.encryptedVm());
      const before = await world.digest();
      const { session } = world.admin;
      await expect(session.call(exportVm, vm, {})).rejects.toMatchObject({
        code: 'ENCRYPTED_VM_NOT_SUPPORTED',
        fault: { vm: 'payroll', messageKey: 'com.vmware.vim.vpxd.encryption.opUnsupportedOnEncryptedVm' },
        message: expect.stringContaining('The operation is not supported on encrypted VM.'),
      });
      expect(await world.digest()).toBe(before);
    }, ONE_HOST));

  it('hands out of a plain VM what its host has of it', () =>
    PrivilegeWorld.run(async (world) => {
      const uuid = await world.plainVm();
      const lease: ExportLease = await world.admin.session.call(exportVm, world.vm(uuid), {});
      expect(lease).toMatchObject({ host: ESX_1, vm: uuid, vmxPath: expect.stringMatching(/plain\/plain\.vmx$/) });
      expect(lease.disks).toEqual([
        { deviceKey: 2000, capacity: 256, fileName: expect.stringMatching(/plain\/plain\.vmdk$/) },
      ]);
      await world.admin.powerOnVm(uuid);
      await expect(world.admin.session.call(exportVm, world.vm(uuid), {})).rejects.toMatchObject({
        code: 'INVALID_POWER_STATE',
      });
    }, ONE_HOST));
});
