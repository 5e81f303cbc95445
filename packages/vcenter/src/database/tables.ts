import { type RecordOf, TABLES, type TableName } from './schema.js';

/** All tables in memory: each a map of records by ID, in the order in which they came. */
export type Tables = { readonly [Name in TableName]: Map<string, RecordOf<Name>> };

export function emptyTables(): Tables {
  return Object.fromEntries(Object.keys(TABLES).map((name) => [name, new Map()])) as unknown as Tables;
}

/** One record that takes the place of another, or takes it away. */
export interface TableEntry<Name extends TableName = TableName> {
  readonly table: Name;
  readonly id: string;
  /** null: the record is dropped. */
  readonly record: RecordOf<Name> | null;
}

/** Makes memory follow what is durable. */
export function applyEntries(tables: Tables, entries: readonly TableEntry[]): void {
  for (const { table, id, record } of entries) {
    const records = tables[table] as Map<string, unknown>;
    if (record === null) records.delete(id);
    else records.set(id, record);
  }
}
