import type { HostName } from '@vcryptsim/ports';
import type { HostConnections, ReachedHost } from '../inventory/host-connections.js';
import type { Inventory } from '../inventory/inventory.js';
import { Turns } from '../turns.js';
import type { VmWatch } from '../vms/vm-watch.js';
import type { DeliveryFailures } from './key-delivery.js';
import type { KeyProvision } from './key-provision.js';

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
  readonly #turns = new Turns<HostName>();
  /** The connection for which each host was last attended. */
  readonly #attended = new Map<HostName, number>();

  constructor(o: {
    readonly hosts: HostConnections;
    readonly inventory: Inventory;
    readonly provision: KeyProvision;
    readonly watch: VmWatch;
  }) {
    this.#hosts = o.hosts;
    this.#inventory = o.inventory;
    this.#provision = o.provision;
    this.#watch = o.watch;
  }

  /** One heartbeat of a host: looks at it, and attends it if it rebooted, came back or was never attended. */
  async beat(name: HostName): Promise<void> {
    const host = await this.#hosts.reach(name);
    if (this.#attended.get(name) !== host.connection) await this.attend(name);
    // In its turn: while keys are on their way, a VM that waits for them is not yet one to raise an alarm for.
    else await this.#turns.take(name, () => this.#watch.judge(host));
  }

  /**
   * Brings a host into encryption mode if its cluster uses that, and its cache up to date. What could not be had is told
   * by events and alarms, and answered.
   *
   * @throws VCenterError HOST_NOT_FOUND, HOST_NOT_CONNECTED
   */
  attend(name: HostName): Promise<DeliveryFailures> {
    return this.#turns.take(name, async () => {
      const host = await this.#hosts.reach(name);
      // Noted before the work: a host that goes again meanwhile has another connection and is attended again.
      this.#attended.set(name, host.connection);
      await this.#watch.note(host);
      const failures = await this.#provide(host);
      await this.#watch.judge(host, failures);
      return failures;
    });
  }

  async #provide(host: ReachedHost): Promise<DeliveryFailures> {
    const { cluster } = this.#inventory.host(host.name);
    const keys = this.#inventory.vmKeysOf(cluster);
    if (keys.length === 0 && this.#inventory.cluster(cluster).hostKeyId === null) return new Map();
    return this.#provision.provide(cluster, [host], keys);
  }
}
