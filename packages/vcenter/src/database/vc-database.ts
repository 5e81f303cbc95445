import { exists, type FileSystem, makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';
import { VCenterError } from '../errors.js';
import { readDatabase } from './read-database.js';
import { emptyDatabase, type VcDatabaseContent } from './schema.js';

const FILE_NAME = 'vcdb.json';
/** A thousand tasks and events and some ten thousand VMs stay far below this. */
const FILE_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * vCenter's database: one JSON file, `vcdb.json`, described at {@link VcDatabaseContent}. A change counts only when it
 * is durable: memory follows the file, never the other way round. Changes are made one after another in the order in
 * which they were asked for.
 */
export class VcDatabase {
  readonly #files: FileSystem;
  readonly #path: string;
  #content: VcDatabaseContent;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(files: FileSystem, path: string, content: VcDatabaseContent) {
    this.#files = files;
    this.#path = path;
    this.#content = content;
  }

  /**
   * Opens the database of a folder, or lays an empty one.
   *
   * @param folder absolute path; made if it is missing
   * @param name of this vCenter, for a new database
   * @throws VCenterError DATABASE_DAMAGED when the file is there and is not a database; it is left as it is
   * @throws FileError
   */
  static async open(files: FileSystem, folder: string, name: string): Promise<VcDatabase> {
    const path = `${folder}/${FILE_NAME}`;
    await makeFolders(files, folder);
    if (await exists(files, path)) {
      return new VcDatabase(files, path, readDatabase(path, await readWhole(files, path, FILE_LIMIT_BYTES)));
    }
    const database = new VcDatabase(files, path, emptyDatabase(name));
    await database.update(() => ({}));
    return database;
  }

  /** What is durable now. It is never changed in place. */
  get content(): VcDatabaseContent {
    return this.#content;
  }

  /**
   * Changes the database, durably. Resolves when the change has reached the file.
   *
   * @param change given the newest content, answers the parts to replace; what it throws rejects and changes nothing
   * @throws FileError when it could not be written; memory and file keep the old content. VCenterError VCENTER_STOPPED
   */
  update(change: (content: VcDatabaseContent) => Partial<VcDatabaseContent>): Promise<void> {
    const turn = this.#last.then(async () => {
      if (this.#closed) {
        throw new VCenterError({ code: 'VCENTER_STOPPED' }, 'This vCenter is stopped. Boot it again from its folder.');
      }
      const next = { ...this.#content, ...change(this.#content) };
      await replaceFile(this.#files, this.#path, new TextEncoder().encode(`${JSON.stringify(next, null, 2)}\n`));
      this.#content = next;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Waits for the changes that are under way and refuses later ones, so that another may open the file. */
  async close(): Promise<void> {
    await this.#last;
    this.#closed = true;
  }
}
