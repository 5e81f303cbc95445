import type { XtsEngine } from '@vcryptsim/crypto-core';
import { EsxiHost, type HostEvent } from '@vcryptsim/hypervisor';
import type { DatastoreType, EsxiVersion, HostApi } from '@vcryptsim/hypervisor/api';
import {
  assert,
  type Clock,
  drawUuid,
  type Entropy,
  type EventSink,
  type FileSystem,
  type HostName,
  type HostUuid,
  NetworkError,
} from '@vcryptsim/ports';
import type { HostLinks } from '@vcryptsim/vcenter';
import type { Incarnations } from '../folder/incarnations.js';

/** One host: its release, and what it mounts. */
export interface HostMachine {
  readonly name: HostName;
  readonly version: EsxiVersion;
  readonly datastores: readonly { readonly name: string; readonly folder: string; readonly type: DatastoreType }[];
}

/** What a rack gives to the hosts in it. */
export interface HostRackOptions {
  readonly machines: readonly HostMachine[];
  /** Absolute folder that holds one folder of its own for each host. */
  readonly folder: string;
  /** Files as a host reaches them. */
  readonly filesOf: (host: HostName) => FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly incarnations: Incarnations;
  readonly sinkFor: (host: HostName) => EventSink<HostEvent>;
  readonly engine: XtsEngine;
  /** How long a host takes from going down to being up again. */
  readonly bootMs: number;
}

interface Slot {
  readonly machine: HostMachine;
  readonly uuid: HostUuid;
  host: EsxiHost | null;
}

/**
 * The machines on which hosts run. A reboot drops the host object and boots a new one from its folder and the ports
 * only, with an entropy stream of its own, so nothing that was in memory can come along.
 */
export class HostRack implements HostLinks {
  readonly #options: HostRackOptions;
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #hanging = new Set<string>();

  constructor(options: HostRackOptions) {
    this.#options = options;
    const slot = (machine: HostMachine): Slot => {
      const { name } = machine;
      const uuid = drawUuid(options.entropy, `host uuid ${name}`) as HostUuid;
      return { machine, uuid, host: null };
    };
    this.#slots = new Map(options.machines.map((each) => [each.name, slot(each)]));
  }

  /** Boots every host; none of them is up. */
  async bootAll(): Promise<void> {
    for (const name of this.names()) await this.boot(name);
  }

  /** vCenter's way in: rejects with REFUSED while the host is down. */
  async connect(name: HostName): Promise<HostApi> {
    const host = this.up(name);
    if (host === null) throw new NetworkError('REFUSED', `host ${name} is down`);
    return host;
  }

  /** Names of all hosts, up or down. */
  names(): readonly HostName[] {
    return this.#options.machines.map(({ name }) => name);
  }

  /** The host if it is up, else null. */
  up(name: string): EsxiHost | null {
    return this.#slot(name).host;
  }

  /** Says whether a host hangs: who asks it something waits. */
  setHanging(name: string, hangs: boolean): void {
    if (hangs) this.#hanging.add(name);
    else this.#hanging.delete(name);
  }

  /** The host of this name. @throws NetworkError REFUSED while it is down or hangs */
  running(name: string): EsxiHost {
    if (this.#hanging.has(name)) {
      throw new NetworkError('REFUSED', `host ${name} hangs and answers nothing; release or reboot it`);
    }
    const host = this.up(name);
    if (host === null) throw new NetworkError('REFUSED', `host ${name} is down; wait until it is up`);
    return host;
  }

  /** All hosts that are up. */
  allUp(): EsxiHost[] {
    return [...this.#slots.values()].flatMap(({ host }) => host ?? []);
  }

  /** Takes a host down and boots it again; virtual time passes meanwhile. */
  async reboot(name: string): Promise<void> {
    await this.down(name);
    await this.#options.clock.after(this.#options.bootMs);
    await this.boot(name);
  }

  /** Takes a host down; everything in its memory is gone. */
  async down(name: string): Promise<void> {
    const slot = this.#slot(name);
    const { host } = slot;
    slot.host = null;
    await host?.shutDown();
  }

  /** Takes every host down. */
  async allDown(): Promise<void> {
    for (const name of this.#slots.keys()) await this.down(name);
  }

  /** Boots a host that is down. */
  async boot(host: string): Promise<void> {
    const name = host as HostName;
    const { folder, filesOf, clock, entropy, incarnations, sinkFor, engine } = this.#options;
    const slot = this.#slot(name);
    assert(slot.host === null, `host ${name} is up already`);
    const incarnation = await incarnations.next(name);
    slot.host = await EsxiHost.boot({
      name,
      uuid: slot.uuid,
      version: slot.machine.version,
      folder: `${folder}/${name}`,
      datastores: slot.machine.datastores,
      files: filesOf(name),
      clock,
      entropy: entropy.fork(name, incarnation),
      events: sinkFor(name),
      engine,
      incarnation,
    });
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    assert(slot, `no host ${name} in this rack; the loader checks names`);
    return slot;
  }
}
