import { assert } from '@vcryptsim/ports';
import type { RecordOf, TableName } from './schema.js';
import type { TableEntry, Tables } from './tables.js';

/** Which of the numbers that are given out next. */
export type CounterName = keyof RecordOf<'installation'>['counters'];

/** One change of the database: reads see what it already put. Everything in it becomes durable together. */
export class Transaction {
  readonly #tables: Tables;
  readonly #entries = new Map<string, TableEntry>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** A record as this change leaves it, or null. */
  get<Name extends TableName>(table: Name, id: string): RecordOf<Name> | null {
    const entry = this.#entries.get(keyOf(table, id));
    if (entry) return entry.record as RecordOf<Name> | null;
    return (this.#tables[table].get(id) as RecordOf<Name> | undefined) ?? null;
  }

  /** How many records a table holds before this change. */
  sizeOf(table: TableName): number {
    return this.#tables[table].size;
  }

  /** IDs of the records of a table before this change, oldest first. */
  idsOf(table: TableName): Iterable<string> {
    return this.#tables[table].keys();
  }

  put<Name extends TableName>(table: Name, id: string, record: RecordOf<Name>): void {
    this.#entries.set(keyOf(table, id), { table, id, record });
  }

  drop(table: TableName, id: string): void {
    this.#entries.set(keyOf(table, id), { table, id, record: null });
  }

  /** Draws a number that is never given out again. */
  next(counter: CounterName): number {
    const installation = this.get('installation', 'vcenter');
    assert(installation, 'a database has its installation record from the start');
    const number = installation.counters[counter];
    const counters = { ...installation.counters, [counter]: number + 1 };
    this.put('installation', 'vcenter', { ...installation, counters });
    return number;
  }

  /** What is to become durable. */
  entries(): readonly TableEntry[] {
    return [...this.#entries.values()];
  }
}

function keyOf(table: TableName, id: string): string {
  return `${table}\0${id}`;
}
