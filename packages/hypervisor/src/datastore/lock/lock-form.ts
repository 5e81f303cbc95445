import type { HostUuid } from '@vcryptsim/ports';
import type { RecordState } from './atomic-record.js';

/** When who does what. Milliseconds. */
export interface LockTimings {
  /** A host shows that it lives about so often. */
  readonly heartbeatMs: number;
  /** So long without a change, and a host that waits breaks the lock. */
  readonly staleMs: number;
  /** A host that waits looks about so often. */
  readonly lookMs: number;
}

/** Who holds a lock, as its record says. */
export type LockHolder =
  | { readonly kind: 'free' }
  /** By this host: in this boot, or left by an earlier one. */
  | { readonly kind: 'own' }
  | { readonly kind: 'other'; readonly uuid: HostUuid | null; readonly name: string; readonly slot: number | null }
  /** The record is none of ours, or damaged. */
  | { readonly kind: 'unknown' };

/** What somebody who waits sees of a holder: as long as it changes, the holder lives. Null: it gave its lock up. */
export type Sign = { readonly seen: RecordState | null; readonly bytes: Uint8Array } | null;

/** A locked file of a VM. */
export interface LockedFile {
  /** Name of the file in the VM's folder. */
  readonly fileName: string;
  /** Absolute path of the file. */
  readonly path: string;
}

/** What locks are made of on one type of datastore. */
export interface LockForm {
  readonly timings: LockTimings;
  /** Makes the host's own sign of life ready; before any lock is taken. */
  prepare(): Promise<void>;
  /** A record that says that this host has the lock, since now. */
  held(): Uint8Array;
  /** A record of a lock that nobody has. */
  free(): Uint8Array;
  holderOf(record: RecordState): Promise<LockHolder>;
  signOf(record: RecordState, holder: LockHolder & { kind: 'other' }): Promise<Sign>;
  /** Takes the heartbeat of a holder away that gave no sign; false when it gave one just now. */
  clear(holder: LockHolder & { kind: 'other' }, sign: Sign): Promise<boolean>;
  /** Whether a sign is in the record itself, so that setting it must go by its bytes. */
  readonly signIsInRecord: boolean;
  /** Shows that the host lives; answers which of these records it holds no longer. */
  beat(held: readonly HeldRecord[]): Promise<readonly HeldRecord[]>;
  /** Shows a lock to whoever lists the VM's folder, in the form of the type. */
  show(file: LockedFile, record: RecordState): Promise<string | null>;
  hide(shown: string): Promise<void>;
}

/** A record that this boot holds. */
export interface HeldRecord {
  readonly state: RecordState;
  refresh(bytes: Uint8Array): Promise<boolean>;
  isCurrent(): Promise<boolean>;
}
