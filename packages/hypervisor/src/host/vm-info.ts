import type { VmInfo } from '../api/vm.js';
import type { KeySource } from '../vm-home/opener.js';
import { isOpen } from '../vm-home/vm-config.js';
import type { RegisteredVm } from './registered-vm.js';

/** A VM as the host sees it now. */
export function vmInfoOf(vm: RegisteredVm, keys: KeySource): VmInfo {
  const { config, damage, locked } = vm;
  return {
    uuid: vm.uuid,
    name: vm.name,
    vmxPath: vm.shown,
    powerState: vm.powerState,
    connectionState: vm.inaccessible !== null ? 'inaccessible' : locked || damage !== null ? 'invalid' : 'connected',
    cryptoState: locked ? 'locked' : 'unlocked',
    keyId: config?.sealedHome?.[0].keyId ?? null,
    disks: (config?.disks ?? []).map((disk) => ({
      deviceKey: disk.deviceKey,
      uuid: disk.uuid,
      fileName: disk.folder.shown(disk.fileName),
      capacity: disk.capacity,
      keyId: disk.encryption?.sealed[0].keyId ?? null,
      unlocked: isOpen(disk, keys),
    })),
    missingKeys: vm.missingKeys(keys),
    ...(damage === null ? {} : { damage }),
    ...problemOf(vm),
  };
}

function problemOf({ inaccessible, damage, problem }: RegisteredVm): { problem?: string } {
  if (inaccessible !== null) return { problem: inaccessible.message };
  return damage === null || problem === null ? {} : { problem };
}
