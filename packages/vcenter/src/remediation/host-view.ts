import type { VmChanges, VmInfo } from '@vcryptsim/hypervisor/api';
import { formatKeyId, type VmUuid } from '@vcryptsim/ports';

/**
 * How far vCenter has followed the VMs of one boot of a host: the revision that it knows, the VMs on whose lock nothing
 * was said since they changed, and which locked VM waits for which key. It is in memory only: what is durable is the
 * inventory, and a vCenter that starts asks for all VMs once.
 */
export class HostView {
  readonly incarnation: number;
  readonly #unjudged = new Map<VmUuid, VmInfo>();
  readonly #locked = new Map<VmUuid, VmInfo>();
  readonly #waiting = new Map<string, Set<VmUuid>>();
  #revision: number | null = null;

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }

  /** The host's last change that is known here; null at first. */
  get revision(): number | null {
    return this.#revision;
  }

  /** Takes over what changed after {@link revision}. */
  take({ revision, changed, removed }: VmChanges): void {
    for (const vm of changed) {
      this.#forget(vm.uuid);
      this.#unjudged.set(vm.uuid, vm);
      if (vm.cryptoState === 'locked') this.#note(vm);
    }
    for (const uuid of removed) this.#forget(uuid);
    this.#revision = revision;
  }

  /** VMs that changed since {@link judged} was last called for them. */
  unjudged(): readonly VmInfo[] {
    return [...this.#unjudged.values()];
  }

  judged({ uuid }: VmInfo): void {
    this.#unjudged.delete(uuid);
  }

  /** Locked VMs that wait for one of these keys, each once. @param keys as `keyId/providerId` */
  waitingFor(keys: Iterable<string>): readonly VmInfo[] {
    const found = new Map<VmUuid, VmInfo>();
    for (const key of keys) {
      for (const uuid of this.#waiting.get(key) ?? []) {
        const vm = this.#locked.get(uuid);
        if (vm) found.set(uuid, vm);
      }
    }
    return [...found.values()];
  }

  #note(vm: VmInfo): void {
    this.#locked.set(vm.uuid, vm);
    for (const key of vm.missingKeys.map(formatKeyId)) {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting.add(vm.uuid));
    }
  }

  #forget(uuid: VmUuid): void {
    for (const key of this.#locked.get(uuid)?.missingKeys.map(formatKeyId) ?? []) {
      const waiting = this.#waiting.get(key);
      waiting?.delete(uuid);
      if (waiting?.size === 0) this.#waiting.delete(key);
    }
    this.#locked.delete(uuid);
    this.#unjudged.delete(uuid);
  }
}
