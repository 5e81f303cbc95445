import type { CryptoKeyId } from '@vcryptsim/ports';
import { blamesFiles } from '../api/damage.js';
import { HypervisorError } from '../api/errors.js';
import { vmLocked } from '../api/faults.js';
import { checkVm } from '../vm-home/check-vm.js';
import { keyIdsOf, readVmConfig, type VmConfig } from '../vm-home/vm-config.js';
import type { HostContext } from './host-context.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Reads the files of a registered VM.
 *
 * @throws HypervisorError every diagnosis of its files; DESCRIPTOR_MISMATCH when they are another VM's; NOT_SUPPORTED
 */
export async function loadConfig(host: HostContext, vm: RegisteredVm): Promise<VmConfig> {
  const config = await readVmConfig(await host.datastores.folderAt(vm.path), vm.path.fileName);
  if (config.uuid !== vm.uuid) {
    throw new HypervisorError(
      { code: 'DESCRIPTOR_MISMATCH', file: vm.shown, field: 'vc.uuid' },
      `${vm.shown}: vc.uuid says ${config.uuid}, but the virtual machine was registered as ${vm.uuid}. Change the line back, or unregister it and register it again.`,
    );
  }
  checkServed(host, config);
  return config;
}

/** Throws NOT_SUPPORTED for an encrypted VM on a host whose version has no encryption. */
export function checkServed(host: HostContext, config: VmConfig): void {
  if (keyIdsOf(config).length > 0) host.mode.checkSupported(config.folder.shown(config.vmxFileName));
}

/**
 * Looks at a powered-off VM again: after a boot, and when keys came or went. What is wrong with it becomes its state
 * and an event, never an error: one damaged VM must not keep a host from serving the others.
 */
export async function refreshVm(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.running !== null) return;
  const wasLocked = vm.locked;
  try {
    const config = await loadConfig(host, vm);
    vm.note({ config });
    vm.note({ locked: await checkVm(config, host), inaccessible: null, damage: null });
  } catch (error) {
    if (error instanceof HypervisorError && error.code === 'FILE_INACCESSIBLE') vm.note({ inaccessible: error });
    else if (!noteDamage(host, vm, error)) throw error;
    return;
  }
  if (vm.locked && !wasLocked) {
    host.events.emit({ type: 'VM_LOCKED', vm: vm.uuid, missingKeys: vm.missingKeys(host.keys) });
  }
  if (!vm.locked && wasLocked) host.events.emit({ type: 'VM_UNLOCKED', vm: vm.uuid });
}

/** A VM whose medium failed is looked at again by whoever asks for it, until the medium serves. */
export async function lookAgain(host: HostContext, vms: readonly RegisteredVm[]): Promise<void> {
  for (const vm of vms) {
    if (vm.inaccessible !== null) await vm.lane.run(() => refreshVm(host, vm));
  }
}

/** Looks again at the locked VMs whose home one of these keys may open, and at no others. */
export async function unlockVms(host: HostContext, ids: readonly CryptoKeyId[]): Promise<void> {
  for (const vm of host.inventory.index.naming(ids).filter((each) => each.locked && hasHomeKey(host, each))) {
    await vm.lane.run(async () => {
      const isStillHere = host.inventory.get(vm.uuid) === vm;
      if (isStillHere && vm.locked) await refreshVm(host, vm);
    });
  }
}

/** Throws VM_LOCKED for a VM that is locked, after a look whether its files or keys have changed since. */
export async function requireUnlocked(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.locked || vm.inaccessible !== null) await refreshVm(host, vm);
  if (vm.inaccessible !== null) throw vm.inaccessible;
  if (vm.locked) throw vmLocked(vm.name, vm.missingKeys(host.keys));
}

/** Remembers what is wrong with a VM's files; false when the error speaks of something else. */
export function noteDamage(host: HostContext, vm: RegisteredVm, error: unknown): boolean {
  if (!blamesFiles(error)) return false;
  const isNew = vm.damage !== error.code;
  vm.note({ locked: false, inaccessible: null, damage: error.code, problem: error.message });
  if (isNew) host.events.emit({ type: 'VM_DAMAGED', vm: vm.uuid, code: error.code });
  return true;
}

/** Locks a powered-off VM whose home key is not in the cache (any more). */
export function lockIfKeyless(host: HostContext, vm: RegisteredVm): void {
  if (vm.running !== null || vm.locked || hasHomeKey(host, vm)) return;
  vm.note({ locked: true });
  host.events.emit({ type: 'VM_LOCKED', vm: vm.uuid, missingKeys: vm.missingKeys(host.keys) });
}

/** Brings a VM that has just entered the inventory up to date with keys that came or went while it was on its way. */
export async function settleLock(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.locked && hasHomeKey(host, vm)) await refreshVm(host, vm);
  lockIfKeyless(host, vm);
}

function hasHomeKey(host: HostContext, { config }: RegisteredVm): boolean {
  const sealed = config?.sealedHome ?? null;
  return sealed === null || sealed.some(({ keyId }) => host.keys.has(keyId));
}
