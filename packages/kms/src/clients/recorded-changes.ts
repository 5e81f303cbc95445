import {
  type Entropy,
  exists,
  FileError,
  type FileSystem,
  folderOf,
  makeFolders,
  readWhole,
  replaceFile,
} from '@vcryptsim/ports';
import type { RegistrationEntry } from '../audit/audit-line.js';
import { auditLines } from '../audit/audit-lines.js';
import type { AuditLog } from '../audit/audit-log.js';
import { unwritable } from '../store/log-error.js';
import { KmsError } from '../terms/errors.js';

/*
 * A change of an administrator is one file and one audit line, and they count together:
 *
 *   1. DIR/change.json says which file it is about: {"id":"...","path":"clients/a/cert.pem","isFolderNew":true}
 *   2. the new file is written whole beside its place, as PATH.ID.next
 *   3. the audit line with "change":"ID" becomes durable: from here on the change counts
 *   4. the file is renamed into its place, and change.json goes
 *
 * An error before or in step 3 takes everything back. What a cut or an error leaves after step 3 is finished by the
 * next start or the next change; what a cut leaves before it is taken back then. So no line tells of a change that
 * does not come, and no change comes without its line.
 */
const PLAN_BYTES_MAX = 4096;
const FORM_OF_ID = /^[0-9a-f]{16}$/;

/** A file that an administrator puts into the key server's folder, and the line that tells of it. */
export interface RecordedFile {
  /** Place below `DIR`: `clients/NAME/cert.pem`. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Default 0600. */
  readonly mode?: number;
  readonly entry: RegistrationEntry;
}

interface Plan {
  readonly id: string;
  readonly path: string;
  /** Whether its folder was made for it, and goes with it. */
  readonly isFolderNew: boolean;
}

/** Makes the changes of administrators, one at a time, each with its audit line or not at all. */
export class RecordedChanges {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #audit: AuditLog;
  readonly #entropy: Entropy;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param o.folder `DIR` of the key server */
  constructor(o: {
    readonly files: FileSystem;
    readonly folder: string;
    readonly audit: AuditLog;
    readonly entropy: Entropy;
  }) {
    this.#files = o.files;
    this.#folder = o.folder;
    this.#audit = o.audit;
    this.#entropy = o.entropy;
  }

  /** Runs `work` when no other change is under way: what it looked at does not change before its own file is made. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /**
   * Finishes or takes back what a cut or an error left of the last change.
   *
   * @returns whether there was any
   * @throws FileError; KmsError STORE_DAMAGED when `DIR/change.json` cannot be read
   */
  async settle(): Promise<boolean> {
    const plan = await this.#readPlan();
    if (plan === null) return false;
    if (await this.#isRecorded(plan)) await this.#putInPlace(plan);
    else await this.#takeBack(plan);
    await this.#files.unlink(this.#planPath);
    return true;
  }

  /**
   * Makes one change; resolves when it is durable with its line. Only inside {@link inTurn}.
   *
   * @throws KmsError STORE_UNWRITABLE, then all is as it was before; CHANGE_UNFINISHED, then the line is written and the
   *   next try or start finishes the change
   */
  async make(file: RecordedFile): Promise<void> {
    const id = Buffer.from(this.#entropy.public(8, 'change')).toString('hex');
    let plan: Plan = { id, path: file.path, isFolderNew: false };
    try {
      const isFolderNew = !(await exists(this.#files, folderOf(`${this.#folder}/${file.path}`)));
      plan = { ...plan, isFolderNew };
      await this.#stage(plan, file);
      await this.#audit.append({ ...file.entry, change: plan.id });
    } catch (error) {
      await this.#takeBack(plan).catch(() => {});
      await this.#files.unlink(this.#planPath).catch(() => {});
      throw error instanceof KmsError
        ? error
        : unwritable(error, 'Free some space or repair the disk, then try again.');
    }
    try {
      await this.#putInPlace(plan);
    } catch (error) {
      const reason = error instanceof FileError ? error.code : 'a call failed';
      throw new KmsError(
        'CHANGE_UNFINISHED',
        `The change is written down, and ${file.path} could not be put in place: ${reason}.`,
        'Repair the disk and do the same again: that finishes it. So does the next start of the key server.',
      );
    }
    // A plan that stays is found done by whoever settles next.
    await this.#files.unlink(this.#planPath).catch(() => {});
  }

  async #stage(plan: Plan, { content, mode = 0o600 }: RecordedFile): Promise<void> {
    await replaceFile(this.#files, this.#planPath, new TextEncoder().encode(JSON.stringify(plan)));
    const staged = this.#stagedPath(plan);
    await makeFolders(this.#files, folderOf(staged));
    const handle = await this.#files.open(staged, { access: 'write', create: 'exclusive', mode });
    try {
      await handle.pwrite(content, 0);
      await handle.fsync();
    } finally {
      await handle.close();
    }
    await this.#files.fsyncFolder(folderOf(staged));
  }

  async #putInPlace(plan: Plan): Promise<void> {
    const path = `${this.#folder}/${plan.path}`;
    const staged = this.#stagedPath(plan);
    if (await exists(this.#files, staged)) await this.#files.rename(staged, path);
    await this.#files.fsyncFolder(folderOf(path));
  }

  /** Leaves no trace, not even of a folder that was made for the file. */
  async #takeBack(plan: Plan): Promise<void> {
    const staged = this.#stagedPath(plan);
    if (await exists(this.#files, staged)) await this.#files.unlink(staged);
    const folder = folderOf(staged);
    if (!plan.isFolderNew || !(await exists(this.#files, folder))) return;
    if ((await this.#files.readdir(folder)).length === 0) await this.#files.rmdir(folder);
  }

  async #isRecorded({ id }: Plan): Promise<boolean> {
    const mark = `"change":"${id}"`;
    for await (const line of auditLines(this.#files, `${this.#folder}/audit.jsonl`)) {
      if (line.includes(mark)) return true;
    }
    return false;
  }

  async #readPlan(): Promise<Plan | null> {
    try {
      const text = new TextDecoder().decode(await readWhole(this.#files, this.#planPath, PLAN_BYTES_MAX));
      const { id, path, isFolderNew } = JSON.parse(text) as Partial<Record<keyof Plan, unknown>>;
      const isPlan = typeof id === 'string' && FORM_OF_ID.test(id) && typeof path === 'string' && isInside(path);
      if (isPlan) return { id, path, isFolderNew: isFolderNew === true };
    } catch (error) {
      if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
      if (error instanceof FileError && error.code !== 'TOO_LARGE') throw error;
    }
    throw new KmsError(
      'STORE_DAMAGED',
      `${this.#planPath} does not say which change was under way.`,
      'Delete it, see with `vcryptsim kms client list` who may connect, and make the last change again if it is missing.',
    );
  }

  get #planPath(): string {
    return `${this.#folder}/change.json`;
  }

  #stagedPath({ id, path }: Plan): string {
    return `${this.#folder}/${path}.${id}.next`;
  }
}

function isInside(path: string): boolean {
  return /^(?:clients|followers)\/[A-Za-z0-9][A-Za-z0-9._-]*\/[a-z.]+$/.test(path);
}
