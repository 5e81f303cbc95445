import { type CryptoKeyId, sameKeyId } from '@vcryptsim/ports';
import { invalidPowerState, mixedKeys } from '../api/faults.js';
import { openHomeOrLocked } from '../vm-home/attach-disk.js';
import type { ChangedVm } from '../vm-home/change/changed-vm.js';
import { type DiskConfig, type LinkConfig, linkPath, linksOf, ownLinksOf } from '../vm-home/disk-config.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import type { HostContext } from './host-context.js';
import { loadConfig, requireUnlocked } from './refresh-vm.js';
import type { RegisteredVm } from './registered-vm.js';
import { checkSettled, settleVm } from './settle-vm.js';
import { whileLocked } from './while-locked.js';

/**
 * Does something with the snapshots of a VM, which is unlocked, settled, whole, and has its chains under one key each; under the
 * lock of its files.
 *
 * @param line for the VM's log
 * @param check refuses what is not done, before and after what an earlier cut left is settled; nothing was changed then
 * @throws HypervisorError VM_LOCKED, INVALID_STATE, MIXED_KEYS, FILE_LOCKED, every diagnosis of its files
 */
export async function changeSnapshots<T>(
  host: HostContext,
  vm: RegisteredVm,
  line: string,
  check: (config: VmConfig) => Promise<void>,
  work: (changed: ChangedVm) => Promise<T>,
): Promise<T> {
  await requireUnlocked(host, vm);
  checkSettled(vm);
  const found = await loadConfig(host, vm);
  await refuseLostBundle(found);
  refuseMixedKeys(found);
  await check(found);
  return whileLocked(host, vm, found.folder, line, async () => {
    const config = await settleVm(host, vm, await loadConfig(host, vm));
    await check(config);
    const home = openHomeOrLocked(config, host);
    try {
      return await work({ config, home, sealer: host });
    } finally {
      home?.dek.dispose();
    }
  });
}

/** Refuses with MIXED_KEYS where the links of one disk are under different KEKs (facts/vsphere-encryption.md section 5). */
function refuseMixedKeys({ disks }: VmConfig): void {
  const isMixed = (disk: DiskConfig): boolean => {
    const keyIds = ownLinksOf(disk).flatMap(({ encryption }): readonly CryptoKeyId[] =>
      encryption === null ? [] : [encryption.sealed[0].keyId],
    );
    return keyIds.some((keyId) => keyIds[0] !== undefined && !sameKeyId(keyId, keyIds[0]));
  };
  const mixed = disks.find(isMixed);
  if (mixed !== undefined) throw mixedKeys(mixed.folder.shown(mixed.fileName));
}

/** Refuses with INVALID_POWER_STATE while the VM is suspended: its memory fits the disks as they are. */
export function refuseSuspended(vm: RegisteredVm): void {
  if (vm.powerState === 'suspended') throw invalidPowerState(vm.name, 'suspended');
}

/** Whether a link is read by another VM that is registered here: a linked clone rests on it, or it was given to two. */
export function pinnedLinks(host: HostContext, vm: RegisteredVm): (link: LinkConfig) => boolean {
  const others = host.inventory.all().filter((other) => other !== vm);
  const pinned = new Set(others.flatMap(({ config }) => config?.disks.flatMap(linksOf) ?? []).map(linkPath));
  return (link) => pinned.has(linkPath(link));
}
