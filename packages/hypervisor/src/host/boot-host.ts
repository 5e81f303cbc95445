import type { XtsEngine } from '@vcryptsim/crypto-core';
import {
  assert,
  type Clock,
  type Entropy,
  type EventSink,
  type FileSystem,
  type HostName,
  type HostUuid,
  makeFolders,
} from '@vcryptsim/ports';
import { capabilityOf } from '../api/capability.js';
import type { EsxiVersion } from '../api/crypto-state.js';
import type { HostEvent } from '../api/events.js';
import { Datastore, type DatastoreMount } from '../datastore/datastore.js';
import { Datastores } from '../datastore/datastores.js';
import { fileFault } from '../datastore/file-fault.js';
import { liveHoldersOf } from '../datastore/live-holders.js';
import { Lane } from '../disk/lane.js';
import { BootFiles } from './boot-files.js';
import { BootLife } from './boot-life.js';
import { CryptoMode } from './crypto-mode.js';
import type { HostContext } from './host-context.js';
import { KeyCache } from './key-cache.js';
import { refreshVm } from './refresh-vm.js';
import { VmInventory } from './vm-inventory.js';
import { WaitingVms } from './waiting-vms.js';

/** What a host is built from; nothing else reaches it. */
export interface EsxiHostOptions {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  /** Absolute path of the host's own configuration folder; made if missing. It holds `vmInventory.vmls`, never a key. */
  readonly folder: string;
  /** At least one; the first takes new VMs that name none. The folders exist. */
  readonly datastores: readonly DatastoreMount[];
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Forked for this host and this incarnation. */
  readonly entropy: Entropy;
  readonly events: EventSink<HostEvent>;
  readonly engine: XtsEngine;
  /** Counts boots from 1. */
  readonly incarnation: number;
}

/**
 * Boots a host from its folder: an empty key cache, crypto mode `incapable`, and the VMs of its inventory, each looked at
 * once. Neither a VM whose files are not whole nor a line of the inventory that cannot be read keeps it from booting:
 * that VM is `invalid`.
 *
 * @throws HypervisorError FILE_INACCESSIBLE (the inventory cannot be read just now), FILE_DAMAGED (it is no file),
 *   DATASTORE_NOT_WRITABLE (the host's folder)
 */
export async function bootHost(options: EsxiHostOptions): Promise<HostContext> {
  assert(options.datastores.length > 0, 'a host has at least one datastore');
  const { name, uuid, incarnation, clock, entropy, events, engine } = options;
  const life = new BootLife(name);
  const files = new BootFiles(options.files, life);
  await makeFolders(files, options.folder).catch((error: unknown) => {
    throw fileFault(error, options.folder, 'write');
  });
  const host: HostContext = {
    identity: { name, uuid, incarnation },
    life,
    liveHolders: liveHoldersOf(options.files),
    clock,
    entropy,
    events,
    engine,
    files,
    mode: new CryptoMode(options.version, capabilityOf(options.version), events),
    keys: new KeyCache(),
    waiting: new WaitingVms(),
    inventory: await VmInventory.load(files, options.folder),
    inventoryLane: new Lane(),
    datastores: new Datastores(options.datastores.map((mount) => new Datastore(mount, files))),
  };
  events.emit({ type: 'HOST_BOOTED', incarnation });
  for (const line of host.inventory.badLines) events.emit({ type: 'INVENTORY_LINE_UNREADABLE', line });
  for (const vm of host.inventory.all()) await refreshVm(host, vm);
  return host;
}
