import { DurableLog, LogError, sha256Check } from '@vcryptsim/durable-log';
import type { FileSystem } from '@vcryptsim/ports';
import { VCenterError } from '../terms/errors.js';
import { TABLES, type TableName } from './schema.js';
import { applyEntries, emptyTables, type TableEntry, type Tables } from './tables.js';

/*
 * vCenter's database on disk, `vcdb.log`: a durable log (package durable-log) whose records are JSON texts in UTF-8, each
 * an array of three:
 *
 *   ["vms", "vm-42", { ... }]    the record of this table under this ID takes the place of an earlier one
 *   ["vms", "vm-42", null]       the record is dropped
 *
 * What belongs to one change is in one frame: after a cut all of it is there, or none. What a record of each table holds
 * is in schema.ts.
 */
const FORMAT = 'vcryptsim vcenter database 2';

/** A log is written anew when it has this many times the records that the tables need, and is not small. */
const OLD_FACTOR = 4;
const RECORDS_KEPT_MIN = 4_096;

/** The changes of a database in the order in which they became durable. */
export class ChangeLog {
  readonly #log: DurableLog;
  readonly #path: string;

  constructor(log: DurableLog, path: string) {
    this.#log = log;
    this.#path = path;
  }

  /** Appends the entries of one change. @throws VCenterError DATABASE_UNWRITABLE: none is kept then */
  append(entries: readonly TableEntry[]): Promise<void> {
    return this.#log.appendAll(entries.map(encode)).catch((error: unknown) => {
      throw unwritable(this.#path, error);
    });
  }

  /** Whether most of the log is records that later ones took the place of. */
  isMostlyOld(tables: Tables): boolean {
    const needed = Object.values(tables).reduce((sum, records) => sum + records.size, 0);
    return this.#log.recordCount > Math.max(RECORDS_KEPT_MIN, OLD_FACTOR * needed);
  }

  /** Writes the log anew with what the tables hold. @throws VCenterError DATABASE_UNWRITABLE: the old one stays then */
  compact(tables: Tables): Promise<void> {
    return this.#log
      .snapshot(() => recordsOf(tables))
      .catch((error: unknown) => {
        throw unwritable(this.#path, error);
      });
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

/**
 * Opens the log of a database and reads its tables, or makes an empty one.
 *
 * @param path in a folder that exists
 * @throws VCenterError DATABASE_DAMAGED, with the place; the file is left as it is. FileError
 */
export async function openChangeLog(
  files: FileSystem,
  path: string,
): Promise<{ readonly log: ChangeLog; readonly tables: Tables }> {
  const tables = emptyTables();
  let number = 0;
  try {
    const { log } = await DurableLog.open({ files, path, format: FORMAT, check: sha256Check }, (record) => {
      number += 1;
      applyEntries(tables, [decode(record, path, number)]);
    });
    return { log: new ChangeLog(log, path), tables };
  } catch (error) {
    if (!(error instanceof LogError) || error.code === 'LOG_UNWRITABLE') throw error;
    throw damaged(path, error.message);
  }
}

function encode({ table, id, record }: TableEntry): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([table, id, record]));
}

function* recordsOf(tables: Tables): Generator<Uint8Array> {
  for (const [table, records] of Object.entries(tables) as [TableName, Map<string, TableEntry['record']>][]) {
    for (const [id, record] of records) yield encode({ table, id, record });
  }
}

function decode(bytes: Uint8Array, path: string, number: number): TableEntry {
  const entry = parsed(bytes);
  if (!Array.isArray(entry) || entry.length !== 3) throw damaged(path, `record ${number} is no change`);
  const [table, id, record] = entry as [unknown, unknown, unknown];
  if (!isTable(table) || typeof id !== 'string') throw damaged(path, `record ${number} is for no table`);
  if (record === null) return { table, id, record };
  const result = TABLES[table].safeParse(record);
  if (result.success) return { table, id, record: result.data as TableEntry['record'] };
  const [issue] = result.error.issues;
  const at = issue?.path.map(String).join('.') ?? '';
  throw damaged(path, `record ${number} (${table} ${id}): ${at === '' ? 'it' : at} does not fit: ${issue?.message}`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function isTable(text: unknown): text is TableName {
  return typeof text === 'string' && Object.hasOwn(TABLES, text);
}

function damaged(file: string, what: string): VCenterError {
  return new VCenterError(
    { code: 'DATABASE_DAMAGED', file, what },
    `${file} is not a whole database of vCenter: ${what.replace(/\.$/, '')}. Restore it from a backup, or begin with an empty folder and register the VMs again.`,
  );
}

function unwritable(file: string, error: unknown): unknown {
  if (!(error instanceof LogError)) return error;
  // After a failed fsync nobody knows what is on the medium, until the file is read again.
  const isOver = error.during !== undefined && error.during !== 'write' && error.during !== 'overwrite';
  const next = isOver ? 'Check the disk and restart vCenter.' : 'Make room or check the disk, then try again.';
  return new VCenterError(
    { code: 'DATABASE_UNWRITABLE', file },
    `vCenter cannot write ${file}: ${error.message} ${next}`,
  );
}
