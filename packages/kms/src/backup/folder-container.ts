import { exists, type FileSystem, folderOf, makeFolders } from '@vcryptsim/ports';
import type { BackupReader, BackupWriter } from './backup-container.js';
import { chunksOf, writeFile } from './file-chunks.js';

/** A backup as a folder of files. It grows beside its place, as `OUT.new`, and is renamed there when it is whole. */
export class FolderWriter implements BackupWriter {
  #isPublished = false;

  private constructor(
    private readonly files: FileSystem,
    private readonly out: string,
  ) {}

  /** `out` must be free. Throws FileError. */
  static async open(files: FileSystem, out: string): Promise<FolderWriter> {
    await makeFolders(files, folderOf(out));
    const writer = new FolderWriter(files, out);
    await writer.discard();
    await files.mkdir(writer.beside);
    return writer;
  }

  async add(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const target = `${this.beside}/${path}`;
    await makeFolders(this.files, folderOf(target));
    await writeFile(this.files, target, chunks);
    await this.files.fsyncFolder(folderOf(target));
  }

  async finish(): Promise<void> {
    await this.files.rename(this.beside, this.out);
    this.#isPublished = true;
    await this.files.fsyncFolder(folderOf(this.out));
  }

  async discard(): Promise<void> {
    // An error after the renaming: nobody was told of it.
    if (this.#isPublished) await removeTree(this.files, this.out);
    if (await exists(this.files, this.beside)) await removeTree(this.files, this.beside);
  }

  private get beside(): string {
    return `${this.out}.new`;
  }
}

/** Reads a backup that is a folder. */
export class FolderReader implements BackupReader {
  constructor(
    private readonly files: FileSystem,
    private readonly folder: string,
  ) {}

  async sizeBytes(path: string): Promise<number | null> {
    const whole = `${this.folder}/${path}`;
    return (await exists(this.files, whole)) ? (await this.files.lstat(whole)).sizeBytes : null;
  }

  async *chunks(path: string): AsyncGenerator<Uint8Array> {
    const handle = await this.files.open(`${this.folder}/${path}`, { access: 'read' });
    try {
      yield* chunksOf(handle, 0, await handle.sizeBytes());
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {}
}

async function removeTree(files: FileSystem, path: string): Promise<void> {
  if ((await files.lstat(path)).kind !== 'folder') return files.unlink(path);
  for (const name of await files.readdir(path)) await removeTree(files, `${path}/${name}`);
  await files.rmdir(path);
}
