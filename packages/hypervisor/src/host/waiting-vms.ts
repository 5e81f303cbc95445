import type { CryptoKeyId } from '@vcryptsim/ports';
import { cacheName } from './key-cache.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * Which locked VMs wait for which key, as their files were last read. A key that comes is looked up here, so that the
 * files of those VMs alone are read again, and not those of every locked VM of the host.
 */
export class WaitingVms {
  readonly #byKey = new Map<string, Set<RegisteredVm>>();
  readonly #keysOf = new Map<RegisteredVm, readonly string[]>();

  /** Takes note of what a VM waits for now, or that it waits no more. */
  note(vm: RegisteredVm): void {
    this.forget(vm);
    if (!vm.locked) return;
    // Any of these opens the VM home.
    const keys = (vm.config?.sealedHome ?? []).map(({ keyId }) => cacheName(keyId));
    this.#keysOf.set(vm, keys);
    for (const key of keys) {
      const waiting = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, waiting.add(vm));
    }
  }

  forget(vm: RegisteredVm): void {
    for (const key of this.#keysOf.get(vm) ?? []) {
      const waiting = this.#byKey.get(key);
      waiting?.delete(vm);
      if (waiting?.size === 0) this.#byKey.delete(key);
    }
    this.#keysOf.delete(vm);
  }

  /** The VMs that one of these keys may unlock, each once, in the order of the keys. */
  waitingFor(ids: readonly CryptoKeyId[]): readonly RegisteredVm[] {
    return [...new Set(ids.flatMap((id) => [...(this.#byKey.get(cacheName(id)) ?? [])]))];
  }
}
