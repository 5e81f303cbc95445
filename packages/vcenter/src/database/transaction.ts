import { assert } from '@vcryptsim/ports';
import type { RecordOf, TableName } from './schema.js';
import type { TableEntry, Tables } from './tables.js';

/** Which of the numbers that are given out next. */
export type CounterName = keyof RecordOf<'installation'>['counters'];

/** One change of the database: reads see what it already put. Everything in it becomes durable together. */
export class Transaction {
  readonly #tables: Tables;
  readonly #entries = new Map<string, TableEntry>();
  /** By how much each table grows or shrinks. */
  readonly #growth = new Map<TableName, number>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** A record as this change leaves it, or null. */
  get<Name extends TableName>(table: Name, id: string): RecordOf<Name> | null {
    const entry = this.#entries.get(keyOf(table, id));
    if (entry) return entry.record as RecordOf<Name> | null;
    return (this.#tables[table].get(id) as RecordOf<Name> | undefined) ?? null;
  }

  /** How many records a table holds when this change is made. */
  sizeOf(table: TableName): number {
    return this.#tables[table].size + (this.#growth.get(table) ?? 0);
  }

  put<Name extends TableName>(table: Name, id: string, record: RecordOf<Name>): void {
    if (this.get(table, id) === null) this.#grow(table, 1);
    this.#entries.set(keyOf(table, id), { table, id, record });
  }

  drop(table: TableName, id: string): void {
    if (this.get(table, id) !== null) this.#grow(table, -1);
    this.#entries.set(keyOf(table, id), { table, id, record: null });
  }

  /** Drops the oldest records of a table, until it holds no more than so many. */
  dropOldest(table: TableName, keptMax: number): void {
    for (const id of this.#tables[table].keys()) {
      if (this.sizeOf(table) <= keptMax) return;
      this.drop(table, id);
    }
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

  #grow(table: TableName, by: 1 | -1): void {
    this.#growth.set(table, (this.#growth.get(table) ?? 0) + by);
  }

  /** What is to become durable. */
  entries(): readonly TableEntry[] {
    return [...this.#entries.values()];
  }
}

function keyOf(table: TableName, id: string): string {
  return `${table}\0${id}`;
}
