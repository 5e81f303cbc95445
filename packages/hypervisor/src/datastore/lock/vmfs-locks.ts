import type { Clock, FileSystem, HostUuid } from '@vcryptsim/ports';
import type { HostIdentity } from '../life.js';
import { AtomicRecord, type RecordState } from './atomic-record.js';
import { formatHeartbeat, type HeartbeatSlot, parseHeartbeat } from './heartbeat-sector.js';
import type { HeldRecord, LockForm, LockHolder, LockTimings, Sign } from './lock-form.js';
import { formatVmfsLock, parseVmfsLock } from './vmfs-lock-sector.js';

/** A heartbeat about every 3 s, and after 16 s without one a lock is broken (KB 330024); looks about every 1 s. */
export const VMFS_TIMINGS: LockTimings = { heartbeatMs: 3000, staleMs: 16_000, lookMs: 1000 };

/** A slot that others change at the same time is tried for so often. */
const TRIES = 5;

const EMPTY = new Uint8Array();

/**
 * Locks as on VMFS: a lock names its owner and the owner's heartbeat slot on the volume, one sector a host, in
 * `.vh.sf/UUID.GENERATION`. A host that finds its slot cleared, its generation counted on, has lost all its locks on this
 * volume and starts afresh with the next one.
 */
export class VmfsLocks implements LockForm {
  readonly signIsInRecord = false;
  #slot: RecordState | null = null;
  #beats = 0;

  constructor(
    readonly files: FileSystem,
    /** Absolute path of the datastore. */
    readonly volume: string,
    readonly identity: HostIdentity,
    readonly clock: Clock,
    readonly timings: LockTimings,
  ) {}

  async prepare(): Promise<void> {
    if (this.#slot !== null) return;
    const record = this.#slotOf(this.identity.uuid);
    for (let tries = 1; this.#slot === null && tries <= TRIES; tries += 1) {
      const seen = await record.read();
      this.#slot = await record.set(seen, this.#ownSlot((seen?.number ?? 0) + 1), false);
    }
  }

  held(): Uint8Array {
    const owner = { uuid: this.identity.uuid, slot: this.#slot?.number ?? 0 };
    return formatVmfsLock({ owner, timeMs: this.clock.nowMs });
  }

  free(): Uint8Array {
    return formatVmfsLock({ owner: null, timeMs: this.clock.nowMs });
  }

  async holderOf(record: RecordState): Promise<LockHolder> {
    const lock = parseVmfsLock(record.bytes);
    if (lock === null) return { kind: 'unknown' };
    if (lock.owner === null) return { kind: 'free' };
    const { uuid, slot } = lock.owner;
    if (uuid === this.identity.uuid) return { kind: 'own' };
    const state = await this.#slotOf(uuid).read();
    const hostName = state === null ? undefined : parseHeartbeat(state.bytes)?.hostName;
    return { kind: 'other', uuid, name: hostName ?? `with UUID ${uuid}`, slot };
  }

  async signOf(_record: RecordState, { uuid, slot }: LockHolder & { kind: 'other' }): Promise<Sign> {
    const state = uuid === null ? null : await this.#slotOf(uuid).read();
    if (state === null) return { seen: null, bytes: EMPTY };
    return state.number === slot ? { seen: state, bytes: state.bytes } : null;
  }

  async clear({ uuid }: LockHolder & { kind: 'other' }, sign: Sign): Promise<boolean> {
    if (uuid === null || sign?.seen === null || sign === null) return true;
    const slot = parseHeartbeat(sign.bytes);
    const cleared: HeartbeatSlot = {
      state: 'free',
      generation: sign.seen.number + 1,
      timeMs: this.clock.nowMs,
      beats: 0,
      uuid,
      incarnation: slot?.incarnation ?? 0,
      hostName: slot?.hostName ?? '',
    };
    return (await this.#slotOf(uuid).set(sign.seen, formatHeartbeat(cleared), true)) !== null;
  }

  async beat(held: readonly HeldRecord[]): Promise<readonly HeldRecord[]> {
    const own = this.#slot;
    if (own === null) return held;
    if (await this.#slotOf(this.identity.uuid).refresh(own, this.#ownSlot(own.number))) return [];
    this.#slot = null;
    return held;
  }

  /** Nothing is seen of a lock in the VM's folder. */
  async show(): Promise<null> {
    return null;
  }

  async hide(): Promise<void> {}

  #ownSlot(generation: number): Uint8Array {
    this.#beats += 1;
    const { uuid, name, incarnation } = this.identity;
    const timeMs = this.clock.nowMs;
    return formatHeartbeat({
      state: 'in use',
      generation,
      timeMs,
      beats: this.#beats,
      uuid,
      incarnation,
      hostName: name,
    });
  }

  #slotOf(uuid: HostUuid): AtomicRecord {
    return new AtomicRecord(this.files, this.volume, `${this.volume}/.vh.sf`, uuid, `by-${this.identity.uuid}`);
  }
}
