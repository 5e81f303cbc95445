import type { Clock, FileSystem } from '@vcryptsim/ports';
import { readLine } from '../audit/audit-line.js';
import { auditLines } from '../audit/audit-lines.js';
import { AuditLog, type Vouched } from '../audit/audit-log.js';
import { AuditSeal } from '../audit/audit-seal.js';
import { ReplicaStore } from '../cluster/replica-store.js';
import type { Anchor } from '../store/anchor.js';
import { KeyStore } from '../store/key-store.js';
import { KmsError } from '../terms/errors.js';

/**
 * Opens the audit log of a store, and checks each by the other: what the log says was answered is in the store, and the
 * log has the lines that were durable when the store was last written. So neither's end can be cut off alone. A follower
 * without a journal copies it anew, and takes none from its leader that ends before what the log says.
 *
 * @throws KmsError STORE_DAMAGED, AUDIT_DAMAGED, ANCHOR_MISMATCH; FileError
 */
export async function openAudit(
  o: {
    readonly folder: string;
    readonly files: FileSystem;
    readonly clock: Clock;
    readonly newAudit?: boolean;
    readonly anchor?: Anchor | undefined;
  },
  store: KeyStore | ReplicaStore,
): Promise<AuditLog> {
  const isLeader = store instanceof KeyStore;
  // A follower without a journal takes any root key: only what it copies shows whether that is its leader's.
  const isProven = () => isLeader || store.lastWrite > 0;
  const seal = new AuditSeal((purpose) => store.chainFor(purpose), isLeader ? 'leader' : 'follower', isProven);
  const path = `${o.folder}/audit.jsonl`;
  const { log, stored, vouched } = await AuditLog.open({ ...o, path, seal });
  try {
    if (store instanceof ReplicaStore && store.lastWrite === 0) store.takeNoneBefore(stored);
    else if (stored > store.lastWrite) throw endLost(o.folder, store, stored);
    if (isLeader && !o.newAudit && !hasLines(store, vouched)) throw linesMissing(path, store.auditLine);
    if (o.anchor && !o.newAudit) await checkAnchored(o.files, path, o.anchor);
    o.anchor?.watchAudit(() => log.head);
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Looks whether the line that an anchor knows is in the log. Throws KmsError ANCHOR_MISMATCH; FileError. */
async function checkAnchored(files: FileSystem, path: string, anchor: Anchor): Promise<void> {
  const audit = anchor.known?.audit;
  if (!audit || audit.n === 0) return;
  for await (const line of auditLines(files, path)) {
    const point = readLine(line)?.point;
    if (point?.n === audit.n && point.hash === audit.hash) return;
  }
  anchor.refuse(`its audit log does not have the line ${audit.n} that it had`);
}

/** A log that was restored is older than the journal beside it; one that a follower wrote counts its own lines. */
function hasLines(store: KeyStore, vouched: Vouched | null): boolean {
  if (store.auditLine === 0) return true;
  if (!vouched) return false;
  const isRestored = vouched.entry.event === 'RESTORED' && vouched.entry.write === store.lastWrite;
  return vouched.n >= store.auditLine || vouched.writer === 'follower' || isRestored;
}

function endLost(folder: string, store: KeyStore | ReplicaStore, stored: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `The store ends at write ${store.lastWrite}, but answers were given up to write ${stored}: its end was lost.`,
    store instanceof KeyStore
      ? 'Restore the folder from a backup.'
      : `Remove ${folder}/store and start again: the follower copies it anew from its leader.`,
  );
}

function linesMissing(path: string, known: number): KmsError {
  return new KmsError(
    'AUDIT_DAMAGED',
    `${path} had ${known} lines when the store was last written, and does not have them now.`,
    'Bring the file back, or restore the folder from a backup. To go on without those lines, start once with --new-audit.',
  );
}
