import {
  type Clock,
  type Entropy,
  exists,
  type FileHandle,
  type FileSystem,
  joinBytes,
  readWhole,
} from '@vcryptsim/ports';
import { RootKey } from '../store/root-key.js';
import { checkRootKey } from '../store/store-facts.js';
import { KmsError } from '../terms/errors.js';
import { type BackupWriter, inOneChunk } from './backup-container.js';
import {
  AUDIT,
  type BackupFile,
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
import { CountedChunks } from './counted-chunks.js';
import { chunksOf } from './file-chunks.js';
import { FolderWriter } from './folder-container.js';
import { journalChunks } from './journal-chunks.js';
import { TarWriter } from './tar-container.js';

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
  const add = async (path: string, chunks: AsyncIterable<Uint8Array>) => {
    const counted = new CountedChunks(chunks);
    await writer.add(path, counted);
    copied.push({ path, ...counted.result() });
  };
  await fromFile(o, AUDIT, async (handle) => add(AUDIT, wholeLines(chunksOf(handle, 0, await handle.sizeBytes()))));
  const check = (facts: Uint8Array) => checkRootKey(rootKey, facts, o.rootKeyPath);
  await fromFile(o, JOURNAL, async (handle) => add(JOURNAL, journalChunks(handle, check)));
  for (const path of smallFiles(await peerFolders(o))) {
    if (!(await exists(o.files, `${o.folder}/${path}`))) continue;
    const bytes = await readWhole(o.files, `${o.folder}/${path}`, SMALL_FILE_BYTES_MAX);
    if (!isPrivate(path)) {
      await add(path, inOneChunk(bytes));
      continue;
    }
    try {
      await add(sealedPath(path), inOneChunk(rootKey.seal(bytes, sealContext(path))));
    } finally {
      bytes.fill(0);
    }
  }
  const { bytes, seal } = encodeManifest({ format: FORMAT, takenAtMs: o.clock.nowMs, files: copied }, rootKey);
  await writer.add(MANIFEST, inOneChunk(bytes));
  await writer.add(SEAL, inOneChunk(seal));
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

async function fromFile(o: BackupOptions, path: string, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await o.files.open(`${o.folder}/${path}`, { access: 'read' });
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

/** Chunks up to the last whole line in them: the server may be writing the next one. */
async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const endBytes = chunk.lastIndexOf(NEWLINE) + 1;
    if (endBytes > 0) {
      yield rest;
      yield chunk.subarray(0, endBytes);
    }
    rest = joinBytes([endBytes > 0 ? new Uint8Array(0) : rest, chunk.subarray(endBytes)]);
  }
}
