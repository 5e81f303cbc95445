import { exists, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { VCenterError } from '../terms/errors.js';
import { type ChangeLog, openChangeLog } from './change-log.js';
import type { RecordOf, TableName } from './schema.js';
import { applyEntries, type TableEntry, type Tables } from './tables.js';
import { Transaction } from './transaction.js';

const FILE_NAME = 'vcdb.log';
/** The database of releases up to 0.1 was this one JSON file. */
const OLD_FILE_NAME = 'vcdb.json';

/**
 * vCenter's database: tables of records by ID, in memory, behind a log of changes (change-log.ts). A change appends its
 * own records and no more, and counts only when it is durable: memory follows the file, never the other way round.
 * Changes are made one after another in the order in which they were asked for.
 */
export class VcDatabase {
  readonly #log: ChangeLog;
  readonly #tables: Tables;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(log: ChangeLog, tables: Tables) {
    this.#log = log;
    this.#tables = tables;
  }

  /**
   * Opens the database of a folder, or lays that of a fresh installation.
   *
   * @param folder absolute path; made if it is missing
   * @param install puts what a new database holds at first
   * @throws VCenterError DATABASE_DAMAGED when the file is there and is not a database, DATABASE_OLD when only one of an
   *   earlier release is there; files are left as they are
   * @throws FileError
   */
  static async open(files: FileSystem, folder: string, install: (tx: Transaction) => void): Promise<VcDatabase> {
    const path = `${folder}/${FILE_NAME}`;
    await makeFolders(files, folder);
    if (!(await exists(files, path)) && (await exists(files, `${folder}/${OLD_FILE_NAME}`))) {
      throw new VCenterError(
        { code: 'DATABASE_OLD', file: `${folder}/${OLD_FILE_NAME}` },
        `${folder}/${OLD_FILE_NAME} is the database of an earlier release, which this one does not read. Begin with an empty folder; the files of the VMs hold their key IDs, so register these again.`,
      );
    }
    const { log, tables } = await openChangeLog(files, path);
    const database = new VcDatabase(log, tables);
    if (!tables.installation.has('vcenter')) await database.change(install);
    return database;
  }

  /** The records of a table that are durable now, by ID, oldest first. */
  table<Name extends TableName>(name: Name): ReadonlyMap<string, RecordOf<Name>> {
    return this.#tables[name];
  }

  /**
   * Changes the database, durably. Resolves with what `work` answered when all it put has reached the file.
   *
   * @param work sees the newest content; what it throws rejects and changes nothing
   * @throws FileError when it could not be written; memory and file keep the old content. VCenterError VCENTER_STOPPED
   */
  change<T>(work: (tx: Transaction) => T): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#closed) {
        throw new VCenterError({ code: 'VCENTER_STOPPED' }, 'This vCenter is stopped. Boot it again from its folder.');
      }
      const tx = new Transaction(this.#tables);
      const answer = work(tx);
      await this.#keep(tx.entries());
      return answer;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Waits for the changes that are under way and refuses later ones, so that another may open the file. */
  async close(): Promise<void> {
    await this.#last;
    if (this.#closed) return;
    this.#closed = true;
    await this.#log.close();
  }

  /** Writes the log anew with what the tables hold. @throws VCenterError DATABASE_UNWRITABLE: the old log stays then */
  compact(): Promise<void> {
    const turn = this.#last.then(() => this.#log.compact(this.#tables));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** The change before it is durable whatever comes of this: a log that is long is no reason to refuse that. */
  async #tryToCompact(): Promise<void> {
    try {
      await this.#log.compact(this.#tables);
    } catch (error) {
      if (!(error instanceof VCenterError)) throw error;
    }
  }

  async #keep(entries: readonly TableEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#log.append(entries);
    applyEntries(this.#tables, entries);
    if (this.#log.isMostlyOld(this.#tables)) await this.#tryToCompact();
  }
}
