import { type Clock, type Entropy, exists, type FileSystem, readWhole } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { decodeFrame, decodeHead } from '../store/journal-format.js';
import { RootKey } from '../store/root-key.js';
import { checkRootKey } from '../store/store-facts.js';
import { type BackupWriter, inOneChunk } from './backup-container.js';
import {
  AUDIT,
  type BackupFile,
  digestOf,
  encodeManifest,
  FORMAT,
  isPrivate,
  JOURNAL,
  MANIFEST,
  SEAL,
  sealContext,
  sealedPath,
  smallFiles,
} from './backup-format.js';
import type { BackupReport } from './backup-report.js';
import { chunksOf } from './file-chunks.js';
import { FolderWriter } from './folder-container.js';
import { TarWriter } from './tar-container.js';

const JOURNAL_BYTES_MAX = 1024 ** 3;
const SMALL_FILE_BYTES_MAX = 64 * 1024;
const NEWLINE = 0x0a;

/** What to back up, and where to. */
export interface BackupOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** `DIR`; a server may run on it. */
  readonly folder: string;
  readonly rootKeyPath: string;
  /** A name that ends in `.tar` makes one file, any other a folder. Nothing may stand there. */
  readonly out: string;
  /** Runs when all is copied and nobody sees the backup yet; what it throws leaves nothing behind. */
  readonly beforeFinish?: () => Promise<void>;
}

/**
 * Copies a key server's folder, without its root key, into a backup (backup-format.ts). Every answer that left before
 * the call is in it. A failure leaves nothing behind.
 *
 * @throws KmsError BACKUP_EXISTS, ROOT_KEY_MISSING, ROOT_KEY_MALFORMED, ROOT_KEY_WRONG, BACKUP_TOO_LARGE; FileError
 */
export async function writeBackup(o: BackupOptions): Promise<BackupReport> {
  if (await exists(o.files, o.out)) {
    throw new KmsError('BACKUP_EXISTS', `${o.out} exists already.`, 'Choose another name with --out.');
  }
  const rootKey = await RootKey.load({ ...o, path: o.rootKeyPath, mayCreate: false });
  try {
    const writer = o.out.endsWith('.tar')
      ? await TarWriter.open(o.files, o.out)
      : await FolderWriter.open(o.files, o.out);
    try {
      const report = await fill(writer, rootKey, o);
      await o.beforeFinish?.();
      await writer.finish();
      return report;
    } catch (error) {
      await writer.discard().catch(() => {});
      throw error;
    }
  } finally {
    rootKey.dispose();
  }
}

async function fill(writer: BackupWriter, rootKey: RootKey, o: BackupOptions): Promise<BackupReport> {
  const copied: BackupFile[] = [];
  const add = async (path: string, bytes: Uint8Array) => {
    await writer.add(path, bytes.length, inOneChunk(bytes));
    copied.push({ path, sizeBytes: bytes.length, sha256: await digestOf(inOneChunk(bytes)) });
  };
  copied.push(await addAudit(writer, o));
  await add(JOURNAL, await readJournal(rootKey, o));
  for (const path of smallFiles(await peerFolders(o))) {
    if (!(await exists(o.files, `${o.folder}/${path}`))) continue;
    const bytes = await readWhole(o.files, `${o.folder}/${path}`, SMALL_FILE_BYTES_MAX);
    if (!isPrivate(path)) {
      await add(path, bytes);
      continue;
    }
    try {
      await add(sealedPath(path), rootKey.seal(bytes, sealContext(path)));
    } finally {
      bytes.fill(0);
    }
  }
  const { bytes, seal } = encodeManifest({ format: FORMAT, takenAtMs: o.clock.nowMs, files: copied }, rootKey);
  await writer.add(MANIFEST, bytes.length, inOneChunk(bytes));
  await writer.add(SEAL, seal.length, inOneChunk(seal));
  return { files: copied.length, sizeBytes: copied.reduce((sum, file) => sum + file.sizeBytes, 0) };
}

/** Folders of clients and followers; a plain file among them is neither. */
async function peerFolders({ files, folder }: BackupOptions): Promise<string[]> {
  const found: string[] = [];
  for (const kind of ['clients', 'followers']) {
    if (!(await exists(files, `${folder}/${kind}`))) continue;
    for (const name of await files.readdir(`${folder}/${kind}`)) {
      if ((await files.lstat(`${folder}/${kind}/${name}`)).kind === 'folder') found.push(`${kind}/${name}`);
    }
  }
  return found;
}

/** The audit log may be long, and goes through in chunks: once for its digest, once into the backup. */
async function addAudit(writer: BackupWriter, o: BackupOptions): Promise<BackupFile> {
  const handle = await o.files.open(`${o.folder}/${AUDIT}`, { access: 'read' });
  try {
    const sizeBytes = await endOfLastLine(chunksOf(handle, 0, await handle.sizeBytes()));
    const sha256 = await digestOf(chunksOf(handle, 0, sizeBytes));
    await writer.add(AUDIT, sizeBytes, chunksOf(handle, 0, sizeBytes));
    return { path: AUDIT, sizeBytes, sha256 };
  } finally {
    await handle.close();
  }
}

async function endOfLastLine(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let endBytes = 0;
  let at = 0;
  for await (const chunk of chunks) {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= 0) endBytes = at + last + 1;
    at += chunk.length;
  }
  return endBytes;
}

/** The journal up to its last whole frame: the server may be writing the next one. */
async function readJournal(rootKey: RootKey, o: BackupOptions): Promise<Uint8Array> {
  const bytes = await readWhole(o.files, `${o.folder}/${JOURNAL}`, JOURNAL_BYTES_MAX);
  const head = decodeHead(bytes);
  if (!head) return bytes;
  checkRootKey(rootKey, head.facts, o.rootKeyPath);
  let { endBytes } = head;
  for (let frame = decodeFrame(bytes, endBytes); frame; frame = decodeFrame(bytes, endBytes)) endBytes = frame.endBytes;
  return bytes.subarray(0, endBytes);
}
