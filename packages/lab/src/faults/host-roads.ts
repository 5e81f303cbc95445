import type { HostApi } from '@vcryptsim/hypervisor/api';
import type { Clock, HostName } from '@vcryptsim/ports';
import type { HostLinks } from '@vcryptsim/vcenter';
import { HostRoad } from './host-road.js';
import { LinkedHost } from './linked-host.js';

/** The ways from every vCenter to every host. */
export class HostRoads {
  readonly #clock: Clock;
  readonly #roads = new Map<string, Map<string, HostRoad>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The way from a vCenter to a host. */
  between(vcenter: string, host: string): HostRoad {
    const own = this.#roads.get(vcenter) ?? new Map<string, HostRoad>();
    this.#roads.set(vcenter, own);
    const road = own.get(host) ?? new HostRoad(host, this.#clock);
    own.set(host, road);
    return road;
  }

  /** The hosts as a vCenter reaches them. */
  from(vcenter: string, hosts: HostLinks): HostLinks {
    return {
      connect: async (name: HostName): Promise<HostApi> => {
        const road = this.between(vcenter, name);
        return new LinkedHost(await road.call(() => hosts.connect(name)), road);
      },
    };
  }

  /** The ways that lead to a host. */
  to(host: string): HostRoad[] {
    return [...this.#roads.values()].flatMap((own) => own.get(host) ?? []);
  }

  /** All that were ever used. */
  all(): HostRoad[] {
    return [...this.#roads.values()].flatMap((own) => [...own.values()]);
  }
}
