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
import type { LockingHost } from '../datastore/lock/volume-locks.js';
import { Lane } from '../disk/lane.js';
import { RunBuffers } from '../disk/run-buffers.js';
import { BootFiles } from './boot-files.js';
import { BootLife } from './boot-life.js';
import { CryptoMode } from './crypto-mode.js';
import type { HostContext } from './host-context.js';
import { KeyCache } from './key-cache.js';
import { refreshVm } from './refresh-vm.js';
import { VmInventory } from './vm-inventory.js';

/** What a host is built from; nothing else reaches it. */
export interface EsxiHostOptions {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  /** Absolute path of the host's own configuration folder; made if missing. It holds `vmInventory.log`, never a key. */
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
 * once. A VM whose files are not whole does not keep it from booting: that VM is `invalid`. What is wrong with the
 * inventory itself does, because a host that booted without it would seem to have no VMs.
 *
 * @throws HypervisorError FILE_INACCESSIBLE, DATASTORE_NOT_WRITABLE, NO_SPACE (the host's folder just now), FILE_DAMAGED,
 *   NOT_SUPPORTED (its inventory)
 */
export async function bootHost(options: EsxiHostOptions): Promise<HostContext> {
  assert(options.datastores.length > 0, 'a host has at least one datastore');
  const life = new BootLife(options.name);
  const files = new BootFiles(options.files, life);
  try {
    const host = await readHost(options, life, files);
    options.events.emit({ type: 'HOST_BOOTED', incarnation: options.incarnation });
    for (const vm of host.inventory.all()) await refreshVm(host, vm);
    return host;
  } catch (error) {
    life.end();
    await files.release();
    throw error;
  }
}

/** A host as its folder has it, before it looked at any VM. */
async function readHost(options: EsxiHostOptions, life: BootLife, files: BootFiles): Promise<HostContext> {
  const { name, uuid, incarnation, clock, entropy, events, engine, folder, version } = options;
  await makeFolders(files, folder).catch((error: unknown) => {
    throw fileFault(error, folder, 'write');
  });
  const inventory = await VmInventory.load(files, folder);
  const identity = { name, uuid, incarnation };
  const lockingHost: LockingHost = {
    identity,
    life,
    clock,
    onLockLost: ({ shown }) => {
      const vm = inventory.all().find((each) => each.shown === shown);
      if (vm !== undefined) events.emit({ type: 'VM_LOCK_LOST', vm: vm.uuid });
    },
  };
  return {
    identity,
    life,
    liveHolders: liveHoldersOf(options.files),
    clock,
    entropy,
    events,
    engine,
    buffers: new RunBuffers(engine),
    files,
    mode: new CryptoMode(version, capabilityOf(version), events),
    keys: new KeyCache((id) => inventory.noteKey(id)),
    inventory,
    inventoryLane: new Lane(),
    datastores: new Datastores(options.datastores.map((mount) => new Datastore(mount, files, lockingHost))),
  };
}
