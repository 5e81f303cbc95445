import type { Clock, FileSystem } from '@vcryptsim/ports';
import type { HypervisorError } from '../../api/errors.js';
import { fileLocked, lockLost } from '../../api/faults.js';
import { lockFault } from '../file-fault.js';
import type { HostIdentity, Life } from '../life.js';
import { AtomicRecord, type RecordState, sameBytes } from './atomic-record.js';
import type { HeldRecord, LockedFile, LockForm, LockHolder } from './lock-form.js';

/** A record that others change at the same time is tried for so often. */
const TRIES = 5;

/** What locks need of the host that takes them. */
export interface LockingHost {
  readonly identity: HostIdentity;
  readonly life: Life;
  readonly clock: Clock;
  /** Told once of each hold that another host broke. */
  readonly onLockLost: (hold: VmHold) => void;
}

/** A file to be locked, and how a refusal calls it. */
export interface FileToLock extends LockedFile {
  readonly shown: string;
}

interface HeldFile {
  readonly record: AtomicRecord;
  readonly state: RecordState;
  /** Where the lock shows in the VM's folder, if it does. */
  readonly shownAt: string | null;
}

/** What one boot holds of one VM. */
export interface VmHold {
  /** Name of the VM's folder. */
  readonly folder: string;
  readonly vmxFileName: string;
  /** The VMX as people know it. */
  readonly shown: string;
  readonly files: HeldFile[];
  isLost: boolean;
}

/**
 * The locks that one boot of a host holds on one datastore. What a lock looks like, how its holder shows that it lives and
 * when a lock is broken is the type's matter ({@link LockForm}); that one host at most has it is the record's
 * ({@link AtomicRecord}, in `.lock.sf/FOLDER/`).
 *
 * A host that could not show that it lives for so long that another may have broken its locks writes nothing before it has
 * looked ({@link confirm}). What it sends to the medium in that very moment and the medium keeps back for longer than
 * that time, no lock can call back.
 */
export class VolumeLocks {
  readonly #holds = new Set<VmHold>();
  /** Of records that were watched for as long as the rule wants, what they said all the while. */
  readonly #silent = new Map<string, Uint8Array>();
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #beating: Promise<void> | null = null;
  #pulse: AbortController | null = null;

  constructor(
    readonly files: FileSystem,
    /** Absolute path of the datastore. */
    readonly volume: string,
    readonly host: LockingHost,
    readonly form: LockForm,
  ) {}

  holdOf(folder: string, vmxFileName: string): VmHold | undefined {
    return [...this.#holds].find((hold) => hold.folder === folder && hold.vmxFileName === vmxFileName);
  }

  /** A hold of nothing yet, for {@link add}. One that an earlier call left is let go of: it is taken over. */
  begin(folder: string, vmxFileName: string, shown: string): VmHold {
    const left = this.holdOf(folder, vmxFileName);
    if (left !== undefined) this.#drop(left);
    return { folder, vmxFileName, shown, files: [], isLost: false };
  }

  /**
   * Takes the lock of a file, after its holder's death by the rule of the type, which takes time.
   *
   * @returns the name of a host whose lock was broken for it, or null
   * @throws HypervisorError FILE_LOCKED with the holder; what the medium throws
   */
  async add(hold: VmHold, file: FileToLock): Promise<string | null> {
    try {
      await this.form.prepare();
      if (!this.isConfirmed()) await this.#beat();
      const record = this.#recordOf(hold.folder, file.fileName);
      const { state, brokenFrom } = await this.#take(record, file.shown);
      hold.files.push({ record, state, shownAt: null });
      this.#keep(hold);
      return brokenFrom;
    } catch (error) {
      throw lockFault(error, file.shown, 'write');
    }
  }

  /** Shows a lock that was taken to whoever lists the VM's folder. */
  async show(hold: VmHold, file: FileToLock): Promise<void> {
    const at = hold.files.findIndex(({ record }) => record.name === file.fileName);
    const held = hold.files[at];
    if (held === undefined) return;
    try {
      hold.files[at] = { ...held, shownAt: await this.form.show(file, held.state) };
    } catch (error) {
      throw lockFault(error, file.shown, 'write');
    }
  }

  /**
   * Gives up what is held. `beforeFree` is done while it is held still.
   *
   * @throws HypervisorError what the medium throws; the hold is let go of all the same
   */
  async release(hold: VmHold, beforeFree: () => Promise<void>): Promise<void> {
    try {
      if (hold.isLost) return;
      for (const { shownAt } of hold.files) if (shownAt !== null) await this.form.hide(shownAt);
      await beforeFree();
      for (const { record, state } of hold.files.toReversed()) await record.set(state, this.form.free(), false);
    } catch (error) {
      throw lockFault(error, hold.shown, 'write');
    } finally {
      this.#drop(hold);
    }
  }

  /** Whoever holds the lock of a file, and lives; null where nobody does. Waits as {@link add} does, and takes nothing. */
  async holderOf(folder: string, { fileName, shown }: FileToLock): Promise<string | null> {
    try {
      const record = this.#recordOf(folder, fileName);
      const seen = await record.read();
      if (seen === null) return null;
      const holder = await this.form.holderOf(seen);
      if (holder.kind === 'free' || holder.kind === 'own') return null;
      if (holder.kind === 'unknown') return UNNAMED;
      return (await this.#lives(record, seen, holder)).kind === 'dead' ? null : `host ${holder.name}`;
    } catch (error) {
      throw lockFault(error, shown, 'read');
    }
  }

  /** Whether nobody can have broken a lock of this boot: it showed that it lives not long ago. */
  isConfirmed(): boolean {
    const sinceMs = this.host.clock.nowMs - this.#confirmedMs;
    return sinceMs >= 0 && sinceMs < this.form.timings.staleMs;
  }

  /** Whether work on files of that folder needs {@link confirm} first. */
  isInDoubt(folder: string): boolean {
    for (const hold of this.#holds) if (hold.folder === folder && (hold.isLost || !this.isConfirmed())) return true;
    return false;
  }

  /**
   * Makes sure that what this boot holds in a folder it still holds, and shows that it lives.
   *
   * @throws HypervisorError FILE_LOCK_LOST, FILE_INACCESSIBLE (the medium does not answer, so nobody knows)
   */
  async confirm(folder: string): Promise<void> {
    const holds = [...this.#holds].filter((hold) => hold.folder === folder);
    try {
      if (!this.isConfirmed()) await this.#beat();
    } catch (error) {
      throw lockFault(error, holds[0]?.shown ?? folder, 'read');
    }
    const lost = holds.find((hold) => hold.isLost);
    if (lost !== undefined) throw lockLost(lost.shown);
  }

  async #take(record: AtomicRecord, shown: string): Promise<{ state: RecordState; brokenFrom: string | null }> {
    const { form } = this;
    let last: LockHolder = { kind: 'unknown' };
    for (let tries = 1; tries <= TRIES; tries += 1) {
      let seen = await record.read();
      last = seen === null ? { kind: 'free' } : await form.holderOf(seen);
      if (last.kind === 'unknown') break;
      if (last.kind === 'other' && seen !== null) {
        const finding = await this.#lives(record, seen, last);
        if (finding.kind === 'lives') break;
        if (finding.kind === 'changed') continue;
        seen = finding.seen;
      }
      const state = await record.set(seen, form.held(), last.kind === 'other' && form.signIsInRecord);
      if (state !== null) return { state, brokenFrom: last.kind === 'other' ? last.name : null };
    }
    throw lockedBy(shown, last, form.timings.staleMs);
  }

  /** Watches for a sign of life of a holder, as long as the rule of the type wants. */
  async #lives(
    record: AtomicRecord,
    seen: RecordState,
    holder: LockHolder & { kind: 'other' },
  ): Promise<{ kind: 'lives' } | { kind: 'changed' } | { kind: 'dead'; seen: RecordState }> {
    const { form, host } = this;
    const { staleMs, lookMs } = form.timings;
    const first = await form.signOf(seen, holder);
    if (first === null || this.#wasSilent(seen)) return { kind: 'dead', seen };
    const beside = await this.#others(record, seen);
    for (let waitedMs = 0; waitedMs < staleMs; waitedMs += lookMs) {
      await host.clock.after(Math.min(lookMs, staleMs - waitedMs), host.life.signal);
      const again = await record.read();
      if (again === null || again.number !== seen.number) return { kind: 'changed' };
      const sign = await form.signOf(again, holder);
      if (sign === null) return { kind: 'dead', seen: again };
      if (!sameBytes(sign.bytes, first.bytes)) return { kind: 'lives' };
    }
    if (!(await form.clear(holder, first))) return { kind: 'lives' };
    for (const { path, bytes } of beside) this.#silent.set(path, bytes);
    return { kind: 'dead', seen };
  }

  /** A sign that did not change while another lock of the same VM was waited for; it has not since, if it is the same. */
  #wasSilent({ path, bytes }: RecordState): boolean {
    const known = this.#silent.get(path);
    this.#silent.delete(path);
    return known !== undefined && sameBytes(known, bytes);
  }

  /** The VM's other locks, which are watched in the same time where each has a sign of its own. */
  async #others(record: AtomicRecord, seen: RecordState): Promise<readonly RecordState[]> {
    if (!this.form.signIsInRecord) return [];
    return (await record.readNeighbours()).filter(({ path }) => path !== seen.path);
  }

  #keep(hold: VmHold): void {
    this.#holds.add(hold);
    if (this.#pulse !== null) return;
    const { clock, life } = this.host;
    this.#pulse = new AbortController();
    const signal = AbortSignal.any([this.#pulse.signal, life.signal]);
    // A heartbeat that fails is made up for by the next one, or by confirm.
    clock.pulse(this.form.timings.heartbeatMs, () => void this.#beat().catch(() => {}), signal);
  }

  #drop(hold: VmHold): void {
    this.#holds.delete(hold);
    if (this.#holds.size > 0) return;
    this.#pulse?.abort();
    this.#pulse = null;
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#beatNow().finally(() => {
      this.#beating = null;
    });
    return this.#beating;
  }

  async #beatNow(): Promise<void> {
    const beganMs = this.host.clock.nowMs;
    const held = new Map<HeldRecord, VmHold>();
    for (const hold of this.#holds) {
      if (hold.isLost) continue;
      for (const { record, state } of hold.files) {
        const refresh = (bytes: Uint8Array): Promise<boolean> => record.refresh(state, bytes);
        held.set({ state, refresh, isCurrent: () => record.isCurrent(state) }, hold);
      }
    }
    const lost = new Set((await this.form.beat([...held.keys()])).map((record) => held.get(record)));
    this.#confirmedMs = beganMs;
    for (const hold of lost) {
      if (hold === undefined || hold.isLost || !this.#holds.has(hold)) continue;
      hold.isLost = true;
      this.host.onLockLost(hold);
    }
  }

  #recordOf(folder: string, fileName: string): AtomicRecord {
    return new AtomicRecord(
      this.files,
      this.volume,
      `${this.volume}/.lock.sf/${folder}`,
      fileName,
      `by-${this.host.identity.uuid}`,
    );
  }
}

const UNNAMED = 'a host that its lock does not name';

function lockedBy(shown: string, holder: LockHolder, staleMs: number): HypervisorError {
  return fileLocked(shown, holder.kind === 'other' ? `host ${holder.name}` : UNNAMED, staleMs);
}
