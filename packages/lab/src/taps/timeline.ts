import type { EventEnvelope } from '@vcryptsim/ports';
import type { EventLog } from '@vcryptsim/simkit';
import type { KmipExchange, WireTranscript } from './wire-transcript.js';

/** One thing that happened in a world: an actor said something, or a key server answered vCenter. */
export type TimelineEntry =
  | { readonly kind: 'event'; readonly atMs: number; readonly source: string; readonly event: unknown }
  | { readonly kind: 'kmip'; readonly atMs: number; readonly exchange: KmipExchange };

/** Everything that happens in a world, events and KMIP in one order, from the moment in which it is made. */
export class Timeline {
  readonly #entries: TimelineEntry[] = [];
  readonly #listeners = new Set<(entry: TimelineEntry) => void>();

  /** @param now the world's time */
  constructor(log: EventLog, transcript: WireTranscript, now: () => number) {
    log.subscribe(({ atMs, source, event }: EventEnvelope<unknown>) =>
      this.#add({ kind: 'event', atMs, source, event }),
    );
    transcript.onExchange((exchange) => this.#add({ kind: 'kmip', atMs: now(), exchange: { ...exchange } }));
  }

  /** All entries so far, oldest first. */
  entries(): readonly TimelineEntry[] {
    return this.#entries;
  }

  /** Calls `listener` with each entry to come, at once and in order. Returns the end of it. */
  subscribe(listener: (entry: TimelineEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(entry: TimelineEntry): void {
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }
}
