import type { XtsEngine } from '@vcryptsim/crypto-core';
import type { Clock, Entropy, EventSink, FileSystem, HostName, HostUuid } from '@vcryptsim/ports';
import type { Datastore } from '../datastore/datastore.js';
import type { DatastorePath } from '../datastore/datastore-path.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { HostEvent } from '../events.js';
import { invalidArgument } from '../faults.js';
import type { BootLife } from './boot-life.js';
import type { CryptoMode } from './crypto-mode.js';
import type { KeyCache } from './key-cache.js';
import type { VmInventory } from './vm-inventory.js';
import type { WaitingVms } from './waiting-vms.js';

/** Which host this is, and which of its boots. */
export interface HostIdentity {
  readonly name: HostName;
  readonly uuid: HostUuid;
  /** Counts boots from 1; each boot of a host has a higher one than those before. */
  readonly incarnation: number;
}

/** What the operations of one boot share. */
export interface HostContext {
  readonly identity: HostIdentity;
  readonly life: BootLife;
  /** What living hosts hold on the medium, see live-holders.ts. */
  readonly liveHolders: Map<string, BootLife>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventSink<HostEvent>;
  readonly engine: XtsEngine;
  readonly mode: CryptoMode;
  readonly keys: KeyCache;
  readonly inventory: VmInventory;
  readonly waiting: WaitingVms;
  readonly files: FileSystem;
  /** At least one. */
  readonly datastores: readonly Datastore[];
}

/** The folder that a path names; INVALID_ARGUMENT when the host has no such datastore, else as `Datastore.vmFolder`. */
export async function folderAt(host: HostContext, path: DatastorePath): Promise<VmFolder> {
  return datastoreNamed(host, path.datastore).vmFolder(path.folder);
}

/** The datastore of that name, or the first one; INVALID_ARGUMENT when there is none. */
export function datastoreNamed(host: HostContext, name?: string): Datastore {
  const found = host.datastores.find((datastore) => name === undefined || datastore.name === name);
  if (found !== undefined) return found;
  const known = host.datastores.map((datastore) => datastore.name).join(', ');
  throw invalidArgument('datastore', `The host has no datastore ${name ?? ''}; it has ${known}.`);
}
