import { type Clock, exists, FileError, type FileSystem, folderOf } from '@vcryptsim/ports';
import type { HostIdentity } from '../life.js';
import type { RecordState } from './atomic-record.js';
import type { HeldRecord, LockedFile, LockForm, LockHolder, LockTimings, Sign } from './lock-form.js';
import { formatNfsLock, isHeldBy, nfsLockNameOf, parseNfsLock, uuidEndOf } from './nfs-lock-file.js';

/** Updated every 10 s; after 3 x 10 + 5 s without an update a lock is broken (KB 1007909); looks every 5 s. */
export const NFS_TIMINGS: LockTimings = { heartbeatMs: 10_000, staleMs: 35_000, lookMs: 5000 };

/**
 * Locks as on NFS 3: a lock is a file that its holder updates, `.lck-<16 hex>` beside the file that is locked. It is a
 * second name of the record that decides; who breaks a lock puts its own in that place.
 */
export class NfsLocks implements LockForm {
  readonly signIsInRecord = true;
  #updates = 0;

  constructor(
    readonly files: FileSystem,
    readonly identity: HostIdentity,
    readonly clock: Clock,
    readonly timings: LockTimings,
  ) {}

  async prepare(): Promise<void> {}

  held(): Uint8Array {
    this.#updates += 1;
    const { uuid, name } = this.identity;
    return formatNfsLock({ updates: this.#updates, holder: { hostName: name, uuidEnd: uuidEndOf(uuid) } });
  }

  free(): Uint8Array {
    return formatNfsLock({ updates: 0, holder: null });
  }

  async holderOf(record: RecordState): Promise<LockHolder> {
    const lock = parseNfsLock(record.bytes);
    if (lock === null) return { kind: 'unknown' };
    if (lock.holder === null) return { kind: 'free' };
    if (isHeldBy(lock, this.identity.uuid, this.identity.name)) return { kind: 'own' };
    return { kind: 'other', uuid: null, name: lock.holder.hostName, slot: null };
  }

  async signOf(record: RecordState): Promise<Sign> {
    return { seen: record, bytes: record.bytes };
  }

  async clear(): Promise<boolean> {
    return true;
  }

  async beat(held: readonly HeldRecord[]): Promise<readonly HeldRecord[]> {
    const lost: HeldRecord[] = [];
    for (const record of held) if (!(await record.refresh(this.held()))) lost.push(record);
    return lost;
  }

  async show({ path }: LockedFile, record: RecordState): Promise<string | null> {
    // A file that is missing has no ID; who opens it says so.
    const fileId = (await exists(this.files, path)) ? (await this.files.lstat(path)).fileId : undefined;
    if (fileId === undefined) return null;
    const shown = `${folderOf(path)}/${nfsLockNameOf(fileId)}`;
    // What stands there is of a lock that was broken.
    await this.hide(shown);
    await this.files.link(record.path, shown);
    return shown;
  }

  async hide(shown: string): Promise<void> {
    await this.files.unlink(shown).catch((error: unknown) => {
      if (!(error instanceof FileError && error.code === 'NOT_FOUND')) throw error;
    });
  }
}
