import type { EventEnvelope } from '@vcryptsim/ports';
import type { EventLog } from '@vcryptsim/simkit';
import type { KmipExchange, WireTranscript } from './wire-transcript.js';

/** One thing that happened in a world: an actor said something, or a key server answered vCenter. */
export type TimelineEntry =
  | { readonly kind: 'event'; readonly atMs: number; readonly source: string; readonly event: unknown }
  | { readonly kind: 'kmip'; readonly atMs: number; readonly exchange: KmipExchange };

/** An event as the log has it, which alone keeps it; or what the log does not have. */
type Kept = EventEnvelope<unknown> | (TimelineEntry & { readonly kind: 'kmip' });

/** Everything that happens in a world, events and KMIP in one order, from the moment in which it is made. */
export class Timeline {
  readonly #entries: Kept[] = [];
  readonly #listeners = new Set<(entry: TimelineEntry) => void>();

  /** @param now the world's time */
  constructor(log: EventLog, transcript: WireTranscript, now: () => number) {
    log.subscribe((entry) => this.#add(entry));
    transcript.onExchange((exchange) => this.#add({ kind: 'kmip', atMs: now(), exchange }));
  }

  /** How many entries there are so far. */
  get length(): number {
    return this.#entries.length;
  }

  /** An entry by its number, from 0 on, oldest first; undefined where there is none yet. */
  at(index: number): TimelineEntry | undefined {
    const kept = this.#entries[index];
    return kept && entryOf(kept);
  }

  /** Calls `listener` with each entry to come, at once and in order. Returns the end of it. */
  subscribe(listener: (entry: TimelineEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(kept: Kept): void {
    this.#entries.push(kept);
    for (const listener of this.#listeners) listener(entryOf(kept));
  }
}

function entryOf(kept: Kept): TimelineEntry {
  if ('kind' in kept) return kept;
  const { atMs, source, event } = kept;
  return { kind: 'event', atMs, source, event };
}
