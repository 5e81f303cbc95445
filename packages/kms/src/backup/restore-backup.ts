import { FileWindow, framesFrom } from '@vcryptsim/durable-log';
import { type Clock, type Entropy, exists, type FileSystem, folderOf, makeFolders } from '@vcryptsim/ports';
import { AuditLog } from '../audit/audit-log.js';
import { AuditSeal } from '../audit/audit-seal.js';
import { Chain } from '../store/chain.js';
import { FORMAT } from '../store/journal-format.js';
import { decodeHead1 } from '../store/journal-format-1.js';
import { decodeHead, HEAD_BYTES_MAX } from '../store/journal-head.js';
import { RootKey } from '../store/root-key.js';
import { checkRootKey } from '../store/store-facts.js';
import { KmsError } from '../terms/errors.js';
import { type BackupReader, inOneChunk, readAll, readStart } from './backup-container.js';
import {
  AUDIT,
  type BackupFile,
  damaged,
  decodeManifest,
  digestOf,
  homePath,
  JOURNAL,
  MANIFEST,
  type Manifest,
  SEAL,
  sealContext,
} from './backup-format.js';
import type { BackupReport } from './backup-report.js';
import { writeFile } from './file-chunks.js';
import { FolderReader } from './folder-container.js';
import { TarReader } from './tar-container.js';

const ROOT_KEY = 'root.key';

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** A tar file or a folder that {@link writeBackup} made. */
  readonly from: string;
  /** `DIR`: new, empty, or with nothing but `root.key` in it. */
  readonly folder: string;
  /** Default `DIR/root.key`. */
  readonly rootKeyPath?: string;
}

/**
 * Makes a key server's folder of a backup. Everything is checked before anything is written; then the audit log comes
 * first and the journal last, so that a folder which a cut left half restored is refused by the next start.
 *
 * @throws KmsError FOLDER_NOT_EMPTY, ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, BACKUP_DAMAGED; FileError
 */
export async function restoreBackup(o: RestoreOptions): Promise<BackupReport> {
  const rootKeyPath = o.rootKeyPath ?? `${o.folder}/${ROOT_KEY}`;
  await refuseFilled(o);
  const reader = await openReader(o);
  try {
    const rootKey = await RootKey.load({ ...o, path: rootKeyPath, mayCreate: false });
    try {
      const manifest = await check(reader, rootKey, rootKeyPath, o.from);
      await write(reader, rootKey, manifest, o);
      await noteRestored(rootKey, manifest, o);
      await o.files.rename(`${o.folder}/${JOURNAL}.new`, `${o.folder}/${JOURNAL}`);
      await o.files.fsyncFolder(folderOf(`${o.folder}/${JOURNAL}`));
      return { files: manifest.files.length, sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0) };
    } finally {
      rootKey.dispose();
    }
  } finally {
    await reader.close();
  }
}

async function refuseFilled({ files, folder }: RestoreOptions): Promise<void> {
  const found = (await exists(files, folder)) ? await files.readdir(folder) : [];
  const [stray] = found.filter((name) => name !== ROOT_KEY);
  if (stray === undefined) return;
  throw new KmsError(
    'FOLDER_NOT_EMPTY',
    `${folder} is not empty: there is ${stray}.`,
    'Name a new folder with --dir DIR; only root.key may be in it.',
  );
}

async function openReader({ files, from }: RestoreOptions): Promise<BackupReader> {
  const { kind } = await files.lstat(from);
  return kind === 'folder' ? new FolderReader(files, from) : TarReader.open(files, from);
}

/** Everything that can be wrong with a backup, found before a byte is written. */
async function check(reader: BackupReader, rootKey: RootKey, rootKeyPath: string, from: string): Promise<Manifest> {
  for (const path of [MANIFEST, SEAL, JOURNAL]) {
    if ((await reader.sizeBytes(path)) === null) throw damaged(from, `it has no ${path}`);
  }
  const start = await readStart(reader, JOURNAL, HEAD_BYTES_MAX);
  const head = decodeHead(start) ?? decodeHead1(start);
  if (!head) throw damaged(from, `its ${JOURNAL} has no head`);
  checkRootKey(rootKey, head.facts, rootKeyPath);
  const manifest = decodeManifest(await readAll(reader, MANIFEST), await readAll(reader, SEAL), rootKey, from);
  for (const { path, sizeBytes, sha256 } of manifest.files) {
    const isSame = (await reader.sizeBytes(path)) === sizeBytes && (await digestOf(reader.chunks(path))) === sha256;
    if (!isSame) throw damaged(from, `${path} was changed or is not there`);
  }
  return manifest;
}

async function write(reader: BackupReader, rootKey: RootKey, manifest: Manifest, o: RestoreOptions): Promise<void> {
  const isJournal = ({ path }: BackupFile) => path === JOURNAL;
  const journalLast = [...manifest.files.filter((file) => !isJournal(file)), ...manifest.files.filter(isJournal)];
  for (const { path } of journalLast) {
    const home = homePath(path);
    // The journal gets its name when the audit log says that it was restored.
    const target = `${o.folder}/${home === JOURNAL ? `${home}.new` : home}`;
    await makeFolders(o.files, folderOf(target));
    if (home === path) await writeFile(o.files, target, reader.chunks(path), home.endsWith('.pem') ? 0o644 : 0o600);
    else await unseal(reader, rootKey, path, o);
    await o.files.fsyncFolder(folderOf(target));
  }
}

/** Writes the audit log's line, which names the journal beside which the log is older than that knows. */
async function noteRestored(rootKey: RootKey, { takenAtMs }: Manifest, o: RestoreOptions): Promise<void> {
  const seal = new AuditSeal((purpose) => new Chain(rootKey, purpose, new Uint8Array(0)), 'leader');
  const write = await lastWriteOf(o.files, `${o.folder}/${JOURNAL}.new`);
  const { log } = await AuditLog.open({ ...o, path: `${o.folder}/${AUDIT}`, seal });
  await log.append({ event: 'RESTORED', takenAtMs, write });
  await log.close();
}

async function unseal(reader: BackupReader, rootKey: RootKey, path: string, o: RestoreOptions): Promise<void> {
  const home = homePath(path);
  const bytes = rootKey.open(await readAll(reader, path), sealContext(home));
  if (!bytes) throw damaged(o.from, `${path} does not open`);
  try {
    await writeFile(o.files, `${o.folder}/${home}`, inOneChunk(bytes));
  } finally {
    bytes.fill(0);
  }
}

/** Number of the last frame of a journal of today's format; 0 for an older one. */
async function lastWriteOf(files: FileSystem, path: string): Promise<number> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const source = new FileWindow(handle, await handle.sizeBytes());
    const head = decodeHead(await source.view(0, HEAD_BYTES_MAX));
    let last = 0;
    if (head) for await (const { frame } of framesFrom(source, head.endBytes, FORMAT)) last = frame.number;
    return last;
  } finally {
    await handle.close();
  }
}
