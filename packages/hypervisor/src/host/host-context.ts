import type { XtsEngine } from '@vcryptsim/crypto-core';
import type { Clock, Entropy, EventSink } from '@vcryptsim/ports';
import type { HostEvent } from '../api/events.js';
import type { Datastores } from '../datastore/datastores.js';
import type { HostIdentity, Life } from '../datastore/life.js';
import type { Lane } from '../disk/lane.js';
import type { RunBuffers } from '../disk/run-buffers.js';
import type { BootFiles } from './boot-files.js';
import type { BootLife } from './boot-life.js';
import type { CryptoMode } from './crypto-mode.js';
import type { KeyCache } from './key-cache.js';
import type { VmInventory } from './vm-inventory.js';

/** What the operations of one boot share: all that a host knows and holds. */
export interface HostContext {
  readonly identity: HostIdentity;
  readonly life: BootLife;
  /** What living hosts hold on the medium, see live-holders.ts. */
  readonly liveHolders: Map<string, Life>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventSink<HostEvent>;
  readonly engine: XtsEngine;
  /** What the requests of all its disks go through. */
  readonly buffers: RunBuffers;
  readonly mode: CryptoMode;
  readonly keys: KeyCache;
  readonly inventory: VmInventory;
  /** Changes of the inventory, one after the other. */
  readonly inventoryLane: Lane;
  readonly files: BootFiles;
  readonly datastores: Datastores;
}
