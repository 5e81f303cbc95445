import type { CryptoKeyId } from '@vcryptsim/ports';
import { keyIdsOf } from '../vm-home/vm-config.js';
import { cacheName } from './key-cache.js';
import type { RegisteredVm } from './registered-vm.js';

/**
 * The VMs of a boot by what is asked of them most: which of them name a key, as their files were last read, and which
 * are inaccessible. So a key that comes or goes costs as much as there are VMs that name it, whatever else is registered.
 */
export class VmIndex {
  readonly #byKey = new Map<string, Set<RegisteredVm>>();
  readonly #keysOf = new Map<RegisteredVm, readonly string[]>();
  readonly #inaccessible = new Set<RegisteredVm>();

  /** Takes note of a VM as it is now. */
  note(vm: RegisteredVm): void {
    if (vm.inaccessible === null) this.#inaccessible.delete(vm);
    else this.#inaccessible.add(vm);
    const known = this.#keysOf.get(vm);
    const keys = vm.config === null ? [] : keyIdsOf(vm.config).map(cacheName);
    if (known?.length === keys.length && known.every((key, at) => key === keys[at])) return;
    this.#forgetKeys(vm);
    this.#keysOf.set(vm, keys);
    for (const key of keys) {
      const naming = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, naming.add(vm));
    }
  }

  forget(vm: RegisteredVm): void {
    this.#inaccessible.delete(vm);
    this.#forgetKeys(vm);
  }

  /** The VMs whose files name one of these keys, each once, in the order of the keys. */
  naming(ids: readonly CryptoKeyId[]): readonly RegisteredVm[] {
    return [...new Set(ids.flatMap((id) => [...(this.#byKey.get(cacheName(id)) ?? [])]))];
  }

  /** Whether the files of any VM name this key. */
  isNamed(id: CryptoKeyId): boolean {
    return this.#byKey.has(cacheName(id));
  }

  inaccessible(): readonly RegisteredVm[] {
    return [...this.#inaccessible];
  }

  #forgetKeys(vm: RegisteredVm): void {
    for (const key of this.#keysOf.get(vm) ?? []) {
      const naming = this.#byKey.get(key);
      naming?.delete(vm);
      if (naming?.size === 0) this.#byKey.delete(key);
    }
    this.#keysOf.delete(vm);
  }
}
