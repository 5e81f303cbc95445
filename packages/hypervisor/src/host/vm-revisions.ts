import type { VmUuid } from '@vcryptsim/ports';
import type { RegisteredVm } from './registered-vm.js';

/** One change: which VM, and null when it left. */
interface Change {
  readonly revision: number;
  readonly uuid: VmUuid;
  readonly vm: RegisteredVm | null;
}

/** More changes than twice the VMs and these on top are worth a look at which of them still count. */
const SPARE_CHANGES = 64;

/**
 * What changed since when: every change of what a look at a VM shows has the next number, counted for one boot, as vpxa
 * numbers what it sends. Whoever asks again hears of the VMs that changed since, and of no others.
 */
export class VmRevisions {
  /** By revision, upwards; of several of one VM the last one counts. */
  #changes: Change[] = [];
  readonly #last = new Map<VmUuid, Change>();
  #current = 0;

  /** The number of the last change; 0 before the first. */
  get current(): number {
    return this.#current;
  }

  /** @param vm null when it left */
  note(uuid: VmUuid, vm: RegisteredVm | null): void {
    this.#current += 1;
    const change = { revision: this.#current, uuid, vm };
    this.#last.set(uuid, change);
    this.#changes.push(change);
    if (this.#changes.length <= 2 * this.#last.size + SPARE_CHANGES) return;
    this.#changes = this.#changes.filter((each) => this.#counts(each));
  }

  /** The VMs that changed after a revision, in the order of their last changes. */
  since(revision: number): { readonly changed: readonly RegisteredVm[]; readonly removed: readonly VmUuid[] } {
    const changed: RegisteredVm[] = [];
    const removed: VmUuid[] = [];
    for (let at = this.#changes.length - 1; at >= 0; at--) {
      const change = this.#changes[at];
      if (change === undefined || change.revision <= revision) break;
      if (!this.#counts(change)) continue;
      if (change.vm === null) removed.push(change.uuid);
      else changed.push(change.vm);
    }
    return { changed: changed.reverse(), removed: removed.reverse() };
  }

  #counts(change: Change): boolean {
    return this.#last.get(change.uuid) === change;
  }
}
