import { createHash } from 'node:crypto';
import type { Clock, EventEnvelope, EventSink } from '@vcryptsim/ports';

/**
 * The observer's log: everything that every actor said, in one order. No domain reads it.
 *
 * As text it is one JSON object a line, keys sorted, so that equal runs give equal bytes:
 * `{"atMs":1893456000000,"event":{"type":"HOST_BOOTED"},"sequence":1,"source":"esx-1"}`
 */
export class EventLog {
  readonly #clock: Clock;
  readonly #entries: EventEnvelope<unknown>[] = [];
  readonly #listeners = new Set<(entry: EventEnvelope<unknown>) => void>();

  /** @param clock the world's clock, which dates the entries */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An entry as text, ended by a line feed: one line of {@link toJsonLines}. */
  static lineOf(entry: EventEnvelope<unknown>): string {
    return `${JSON.stringify(entry, sortKeys)}\n`;
  }

  /** A place for one actor to say what happened; `source` is its name, for example `esx-1`. */
  sink<Event>(source: string): EventSink<Event> {
    return {
      emit: (event) => {
        const entry = { sequence: this.#entries.length + 1, atMs: this.#clock.nowMs, source, event };
        this.#entries.push(entry);
        for (const listener of this.#listeners) listener(entry);
      },
    };
  }

  /** All entries so far, oldest first. */
  entries(): readonly EventEnvelope<unknown>[] {
    return this.#entries;
  }

  /** Calls `listener` with each entry to come, at once and in order. Returns the end of it. */
  subscribe(listener: (entry: EventEnvelope<unknown>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The log as text, each line ended by a line feed. */
  toJsonLines(): string {
    return this.#entries.map((entry) => EventLog.lineOf(entry)).join('');
  }

  /** SHA-256 of {@link toJsonLines} in UTF-8, lower-case hex: two runs are the same run if these are equal. */
  digest(): string {
    return createHash('sha256').update(this.toJsonLines()).digest('hex');
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
