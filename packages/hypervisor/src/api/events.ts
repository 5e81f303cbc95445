import type { CryptoKeyId, DiskUuid, VmUuid } from '@vcryptsim/ports';
import type { CryptoSpec } from './crypto-spec.js';
import type { CryptoState } from './crypto-state.js';
import type { HypervisorErrorCode } from './errors.js';

/** What a host says happened, each after its state changed (design.md section 4). */
export type HostEvent =
  | { readonly type: 'HOST_BOOTED'; readonly incarnation: number }
  /** Shut down, rebooted or crashed: everything in its memory is gone. */
  | { readonly type: 'HOST_GONE'; readonly incarnation: number }
  | { readonly type: 'CRYPTO_STATE_CHANGED'; readonly from: CryptoState; readonly to: CryptoState }
  | { readonly type: 'KEY_CACHED'; readonly id: CryptoKeyId }
  | { readonly type: 'KEY_REMOVED'; readonly id: CryptoKeyId }
  | { readonly type: 'VM_CREATED'; readonly vm: VmUuid; readonly encrypted: boolean; readonly disks: number }
  | { readonly type: 'VM_REGISTERED'; readonly vm: VmUuid; readonly encrypted: boolean }
  | { readonly type: 'VM_UNREGISTERED'; readonly vm: VmUuid }
  | { readonly type: 'VM_LOCKED'; readonly vm: VmUuid; readonly missingKeys: readonly CryptoKeyId[] }
  | { readonly type: 'VM_UNLOCKED'; readonly vm: VmUuid }
  /** Its files were read and are not whole. */
  | { readonly type: 'VM_DAMAGED'; readonly vm: VmUuid; readonly code: HypervisorErrorCode }
  | { readonly type: 'VM_POWERED_ON'; readonly vm: VmUuid }
  | { readonly type: 'VM_POWERED_OFF'; readonly vm: VmUuid }
  /** Another host, which gave no sign of life for the time that the datastore's rule says, had it locked. */
  | { readonly type: 'VM_LOCK_BROKEN'; readonly vm: VmUuid }
  /** Another host took it over while this one gave no sign of life: its files are no longer this host's. */
  | { readonly type: 'VM_LOCK_LOST'; readonly vm: VmUuid }
  /** Its memory is in its folder, and it runs no more. */
  | { readonly type: 'VM_SUSPENDED'; readonly vm: VmUuid }
  /** Keys of its home or disks were changed; `disks` and `rewrittenBytes` count what was rewritten. */
  | {
      readonly type: 'VM_RECONFIGURED';
      readonly vm: VmUuid;
      readonly home: CryptoSpec['type'];
      readonly disks: number;
      readonly rewrittenBytes: number;
    }
  /** Disks came, went or grew. */
  | {
      readonly type: 'VM_DISKS_CHANGED';
      readonly vm: VmUuid;
      readonly added: number;
      readonly removed: number;
      readonly grown: number;
    }
  /** A change that a cut had interrupted: it is as if it had ended, or as if it had not begun. */
  | { readonly type: 'VM_CHANGE_SETTLED'; readonly vm: VmUuid; readonly how: 'finished' | 'undone' }
  | { readonly type: 'SNAPSHOT_CREATED'; readonly vm: VmUuid; readonly snapshot: number; readonly memory: boolean }
  | { readonly type: 'SNAPSHOT_REVERTED'; readonly vm: VmUuid; readonly snapshot: number }
  | { readonly type: 'SNAPSHOT_REMOVED'; readonly vm: VmUuid; readonly snapshots: number }
  /** Links that nothing kept apart were put together. */
  | { readonly type: 'DISKS_CONSOLIDATED'; readonly vm: VmUuid; readonly links: number }
  /** The extent goes on after the disk's end; what lies there is never read. */
  | { readonly type: 'EXTENT_TOO_LONG'; readonly vm: VmUuid; readonly disk: DiskUuid; readonly surplusBytes: number }
  | { readonly type: 'DISK_IMPORTED'; readonly vm: VmUuid; readonly disk: DiskUuid; readonly sizeBytes: number }
  | { readonly type: 'DISK_EXPORTED'; readonly vm: VmUuid; readonly disk: DiskUuid; readonly sizeBytes: number };
