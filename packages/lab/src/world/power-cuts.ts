import type { Clock, EventSink } from '@vcryptsim/ports';
import type { Survivors } from '@vcryptsim/simkit';
import type { HostRoads } from '../faults/host-roads.js';
import type { Machines } from '../faults/machines.js';
import type { RunEvent } from '../vocabulary/world-event.js';
import type { Site } from './site.js';

/** Who loses power: one host by its name, or everything. */
export type PowerCutOf = { readonly host: string } | 'site';

/** What is left of that which was not durable; `some` is drawn by the seed of the run. */
export type Unsynced = 'lost' | 'kept' | 'some';

/** What power cuts need. */
export interface PowerCutsOptions {
  readonly site: Site;
  readonly machines: Machines;
  readonly roads: HostRoads;
  readonly clock: Clock;
  readonly events: EventSink<RunEvent>;
  readonly seed: number;
}

/**
 * Cuts the power of a host or of the whole site, at once or in the middle of whatever happens next, and brings it back:
 * machines boot from what their disks have then. A host that goes takes what its own disk had not made durable along;
 * datastores are elsewhere and stay. When the site goes, so do they.
 */
export class PowerCuts {
  readonly #o: PowerCutsOptions;
  #back: Promise<void> = Promise.resolve();
  #cuts = 0;
  #siteCuts = 0;

  constructor(o: PowerCutsOptions) {
    this.#o = o;
  }

  /** How often power was lost so far. */
  get count(): number {
    return this.#cuts;
  }

  /** How often the whole site lost it. */
  get siteCount(): number {
    return this.#siteCuts;
  }

  /** Cuts the power in the `operations`-th file operation from now, whatever makes it. Replaces an earlier order. */
  order(of: PowerCutOf, operations: number, unsynced: Unsynced): void {
    this.#switchOf(of).cutIn(operations, () => {
      this.#begin(of, unsynced);
    });
  }

  /** Takes all orders back. */
  forgetOrders(): void {
    const { machines, site } = this.#o;
    machines.site.keepOn();
    for (const name of site.hosts.names()) machines.powerOf(name).keepOn();
  }

  /** Cuts the power now. Resolves when it is back and everything has booted. */
  now(of: PowerCutOf, unsynced: Unsynced): Promise<void> {
    this.#switchOf(of).off();
    this.#begin(of, unsynced);
    return this.back();
  }

  /** Resolves when everything that lost power has booted again. Rejects as that boot did. */
  async back(): Promise<void> {
    for (;;) {
      const waitedFor = this.#back;
      await waitedFor;
      if (waitedFor === this.#back) return;
    }
  }

  #switchOf(of: PowerCutOf) {
    return of === 'site' ? this.#o.machines.site : this.#o.machines.powerOf(of.host);
  }

  /** The power has gone. */
  #begin(of: PowerCutOf, unsynced: Unsynced): void {
    const { events } = this.#o;
    this.#cuts++;
    if (of === 'site') this.#siteCuts++;
    events.emit(of === 'site' ? { type: 'SITE_POWER_CUT' } : { type: 'HOST_POWER_CUT', host: of.host });
    const survivors = this.#survivorsOf(unsynced);
    // What goes in the meantime waits for this; who asks whether all is back hears of it if this failed.
    const earlier = this.#back.catch(() => {});
    this.#back = earlier.then(() => (of === 'site' ? this.#site(survivors) : this.#host(of.host, survivors)));
    this.#back.catch(() => {});
  }

  async #host(name: string, survivors: Survivors): Promise<void> {
    const { site, machines, clock } = this.#o;
    // The site went too, and brought this host back.
    if (!machines.powerOf(name).isOff) return;
    for (const road of this.#o.roads.to(name)) road.reset();
    await site.hosts.down(name);
    this.#letGo(name);
    await machines.diskOf(name).lose(survivors);
    await clock.after(site.bootMs);
    machines.powerOf(name).on();
    await site.hosts.boot(name);
  }

  async #site(survivors: Survivors): Promise<void> {
    const { site, machines, clock } = this.#o;
    for (const road of this.#o.roads.all()) {
      road.clear();
      road.reset();
    }
    await site.lose();
    for (const name of site.hosts.names()) this.#letGo(name);
    await machines.loseAll(survivors);
    await clock.after(site.bootMs);
    for (const name of site.hosts.names()) machines.powerOf(name).on();
    machines.site.on();
    await site.powerOn();
  }

  /** What hung goes on hanging no longer: what it was about is gone. */
  #letGo(name: string): void {
    for (const road of this.#o.roads.to(name)) if (road.fault === 'hang') road.clear();
    this.#o.site.hosts.setHanging(name, false);
    this.#o.machines.filesOf(name).release();
  }

  #survivorsOf(unsynced: Unsynced): Survivors {
    if (unsynced === 'some') return { seed: this.#o.seed + this.#cuts };
    return unsynced === 'kept' ? 'all' : 'none';
  }
}
