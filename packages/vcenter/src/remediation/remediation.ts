import type { MoRef } from '@vcryptsim/ports';
import type { DeliveryFailures } from '../crypto/key-delivery.js';
import type { KeyProvision } from '../crypto/key-provision.js';
import type { HostConnections, ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import { Turns } from '../terms/turns.js';
import type { VmWatch } from './vm-watch.js';

/** Which hosts were attended, and in whose turn; one for all that attend the same hosts. */
export class RemediationMemory {
  readonly turns = new Turns<MoRef<'HostSystem'>>();
  /** The connection for which each host was last attended. */
  readonly attended = new Map<MoRef<'HostSystem'>, number>();
}

/**
 * Gives hosts back what a reboot took: encryption mode with the cluster's host key, and the keys of all encrypted VMs of
 * the cluster, wherever they run (row S04; facts/vsphere-encryption.md section 1, "host reboot"). Whatever is still
 * there is not asked for again.
 */
export class Remediation {
  readonly #hosts: HostConnections;
  readonly #inventory: Inventory;
  readonly #provision: KeyProvision;
  readonly #watch: VmWatch;
  readonly #memory: RemediationMemory;

  constructor(o: {
    readonly hosts: HostConnections;
    readonly inventory: Inventory;
    readonly provision: KeyProvision;
    readonly watch: VmWatch;
    readonly memory: RemediationMemory;
  }) {
    this.#hosts = o.hosts;
    this.#inventory = o.inventory;
    this.#provision = o.provision;
    this.#watch = o.watch;
    this.#memory = o.memory;
  }

  /** One heartbeat of a host: looks at it, and attends it if it rebooted, came back or was never attended. */
  async beat(id: MoRef<'HostSystem'>): Promise<void> {
    const host = await this.#hosts.reach(id);
    if (this.#memory.attended.get(id) !== host.connection) await this.attend(id);
    // In its turn: while keys are on their way, a VM that waits for them is not yet one to raise an alarm for.
    else await this.#memory.turns.take(id, () => this.#watch.judge(host));
  }

  /**
   * Brings a host into encryption mode if its cluster uses that, and its cache up to date. What could not be had is told
   * by events and alarms, and answered.
   *
   * @throws VCenterError OBJECT_NOT_FOUND, HOST_NOT_CONNECTED
   */
  attend(id: MoRef<'HostSystem'>): Promise<DeliveryFailures> {
    return this.#memory.turns.take(id, async () => {
      const host = await this.#hosts.reach(id);
      // Noted before the work: a host that goes again meanwhile has another connection and is attended again.
      this.#memory.attended.set(id, host.connection);
      await this.#watch.note(host);
      const failures = await this.#provide(host);
      await this.#watch.judge(host, failures);
      return failures;
    });
  }

  /** A host that was never brought into encryption mode gets no keys: nobody with the privilege for that asked for it. */
  async #provide(host: ReachedHost): Promise<DeliveryFailures> {
    const { parent, requiresEncryption } = this.#inventory.host(host.id);
    if (!requiresEncryption || !host.api.capability.cryptoSupported) return new Map();
    return this.#provision.provide(parent, [host], this.#inventory.vmKeysOf(parent));
  }
}
